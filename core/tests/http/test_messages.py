"""Requests that cannot be misread, answers that are not trusted, and what a refusal means."""

from typing import Any

import pytest
import time_machine

from core.http import (
    MalformedResponseError,
    Outcome,
    Permanent,
    Request,
    Response,
    Temporary,
    Unknown,
    code_of,
    error_outcome,
)

JSON = {"Content-Type": "application/json; charset=utf-8"}
URL = "https://provider.example/orders"


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["a\r\nX-Other: b", "a\nb", "a\rb", "a\0b", "token\n", "caf\u00e9", "\udcff"]
)
def test_a_header_value_cannot_start_another_header(value: str) -> None:
    with pytest.raises(ValueError, match="Authorization") as caught:
        Request("GET", URL, {"Authorization": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "Cont\u00e9nt"])
def test_a_header_name_is_a_token(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Request("GET", URL, {name: "value"})


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Accept-Encoding"])
def test_headers_that_frame_a_message_are_the_clients_own(name: str) -> None:
    with pytest.raises(ValueError, match="client itself"):
        Request("POST", URL, {name: "5"})


@pytest.mark.parametrize("url", [URL + "\r\n", URL + "/a b", URL + "\0", URL + "\u2028"])
def test_an_address_has_no_blanks_and_control_characters(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Request("GET", url)


@pytest.mark.parametrize("method", ["get", "CONNECT", "GET / HTTP/1.1\r\n", ""])
def test_methods_are_few(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        Request(method, URL)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_every_request_has_a_deadline(timeout: float) -> None:
    with pytest.raises(ValueError, match="time-out"):
        Request("GET", URL, timeout=timeout)


def test_a_json_request_says_so() -> None:
    request = Request.json(
        "POST", URL, {"name": "Zoë", "n": 1}, {"Idempotency-Key": "k"}, timeout=3
    )
    assert request.body == '{"name":"Zoë","n":1}'.encode()
    assert request.headers == {"Content-Type": "application/json", "Idempotency-Key": "k"}
    assert (request.method, request.url, request.timeout) == ("POST", URL, 3)


def test_a_form_request_says_so() -> None:
    request = Request.form("POST", URL, {"to": "+254 7&8", "enqueue": 1}, public_only=True)
    assert request.body == b"to=%2B254+7%268&enqueue=1"
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert request.public_only


def test_a_declared_content_type_is_kept() -> None:
    request = Request.json("POST", URL, {}, {"content-type": "application/vnd.api+json"})
    assert request.headers == {"content-type": "application/vnd.api+json"}


@pytest.mark.parametrize("payload", [float("nan"), {"a": float("inf")}, {"a": object()}])
def test_what_json_cannot_say_is_not_sent(payload: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Request.json("POST", URL, payload)


def test_a_request_and_a_response_show_no_secrets() -> None:
    request = Request("POST", URL + "?token=secret", {"apiKey": "secret"}, b"secret")
    response = Response(200, {"Set-Cookie": "secret"}, b"secret", request.headers)
    assert repr(request) == "<Request POST provider.example>"
    assert repr(Request("GET", "https://[::1/secret")) == "<Request GET ?>"
    assert repr(response) == "Response(status=200)"


# --- answers ----------------------------------------------------------------------------------


def test_header_names_are_in_lower_case() -> None:
    assert Response(200, {"Retry-After": "1"}).headers == {"retry-after": "1"}


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON ; charset=x", "application/problem+json"]
)
def test_declared_json_is_read(content_type: str) -> None:
    response = Response(200, {"Content-Type": content_type}, '{"a": ["é"]}'.encode())
    assert response.json() == response.json_object() == {"a": ["é"]}


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "", "application/jsonp"])
def test_undeclared_json_is_garbled(content_type: str) -> None:
    with pytest.raises(MalformedResponseError, match="200, not declared as JSON"):
        Response(200, {"Content-Type": content_type}, b"{}").json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"a": ',
        b"{} {}",
        b'"\xff"',
        b"NaN",
        b'{"a": Infinity}',
        b"[" * 500_000,
        b'{"a":' * 200_000,
        b"9" * 5_000,
        "{}".encode("utf-16"),
        rb'"\ud800"',
        rb'{"\udfff": 1}',
        rb'["a\u0000b"]',
    ],
)
def test_what_is_not_storable_json_is_garbled(body: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="201, not valid JSON"):
        Response(201, JSON, body).json()


def test_escaped_letters_are_read() -> None:
    assert Response(200, JSON, rb'"Zo\u00eb \ud83d\ude00"').json() == "Zoë 😀"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"a"', b"1"])
def test_an_object_is_asked_for(body: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="not a JSON object"):
        Response(200, JSON, body).json_object()


def test_a_beginning_is_short_and_printable() -> None:
    body = "  bad\r\n\x00\x1b[31m red\u202e\ud7ff ".encode() + b"\xff" + b"x" * 5_000
    beginning = Response(400, {}, body).excerpt
    assert beginning.startswith("bad [31m red \ufffdx")
    assert len(beginning) == 200
    assert beginning.isprintable()


def test_a_beginning_never_repeats_our_own_secrets() -> None:
    sent = {"Authorization": "Bearer abc-def-ghi", "apiKey": "atsk_123", "Accept": "text/html"}
    body = b"Not text/html: Bearer abc-def-ghi, token abc-def-ghi, key atsk_123"
    assert Response(400, {}, body, sent).excerpt == "Not text/html: …, token …, key …"


def test_a_beginning_never_repeats_a_secret_of_the_address_either() -> None:
    body = b"no /a%2Flong%20key/pack, nor key=a%2Flong+key"
    response = Response(404, {}, body, hidden=["a/long key"])
    assert response.excerpt == "no /…/pack, nor key=…"


def test_a_secret_within_a_secret_is_hidden_whole() -> None:
    sent = {"X-One": "secret", "X-Two": "secret-and-more"}
    for _ in range(20):
        assert Response(400, {}, b"secret-and-more", sent).excerpt == "…"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        ("application/json", b'{"to": {"name": "Jane Doe", "line_1": "12 High St"}}'),
        ("application/x-www-form-urlencoded", b"name=Jane+Doe&line_1=12+High+St"),
        ("application/xml", b"<to line_1='12 High St' phone=\"+44\"><name>Jane Doe</name></to>"),
    ],
)
def test_a_beginning_never_repeats_what_we_said_of_a_person(sent: str, body: bytes) -> None:
    answer = b"name: no JANE DOE lives at 12 High St"
    told = Response(422, {}, answer, {"Content-Type": sent}, body)
    assert told.excerpt == "name: no … lives at …"


def test_a_number_that_is_quoted_without_its_plus_is_blotted_out() -> None:
    body = b'{"recipient": "+447911123456"}'
    assert Response(422, {}, b"447911123456 is unknown", JSON, body).excerpt == "… is unknown"


# --- refusals ---------------------------------------------------------------------------------


def refused(
    status: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> Outcome | None:
    return error_outcome(Response(status, headers or {}, body), server_error=Unknown)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_success_is_no_refusal(status: int) -> None:
    assert refused(status) is None


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 415, 422, 451, 499])
def test_a_fault_of_ours_is_permanent(status: int) -> None:
    expected = Permanent(f"refused: {status}", code=str(status), answer="postcode missing")
    assert refused(status, body=b"postcode\nmissing") == expected


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_secret_throws_nothing_away(status: int) -> None:
    expected = Temporary(f"refused our credentials: {status}", answer="no such key")
    assert refused(status, body=b"no such key") == expected


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 507, 599])
def test_a_server_error_is_what_the_caller_says(status: int) -> None:
    assert refused(status, body=b"oops") == Unknown(f"failed: {status}", "oops")
    response = Response(status, {}, b"oops")
    expected = Temporary(f"failed: {status}", answer="oops")
    assert error_outcome(response, server_error=Temporary) == expected


@pytest.mark.parametrize("status", [301, 400, 401, 403, 408, 409, 422, 425, 429, 500, 503, 600])
def test_M11_no_reason_repeats_a_word_of_the_other_side(status: int) -> None:
    """Of a look-up nothing was sent, so nothing could be redacted."""
    words = "consignment of Zoë Canary, 12 Canary Row, W26NB is locked"
    outcome = refused(status, {"Retry-After": "5"}, words.encode())
    assert isinstance(outcome, Permanent | Temporary | Unknown)
    assert "Canary" not in outcome.reason
    assert outcome.answer == words


@pytest.mark.parametrize("text", ["A04", "InvalidSenderId", "address_locked", "E-17.b"])
def test_a_code_of_one_word_is_fit_for_a_reason(text: str) -> None:
    assert code_of(text) == text


@pytest.mark.parametrize("text", ["", "locked for Jane", "Zoë", "x" * 41, "a@b", None, 17, ["A04"]])
def test_what_may_be_a_sentence_is_no_code(text: object) -> None:
    assert code_of(text) == ""


@pytest.mark.parametrize(
    ("status", "not_taken"),
    [(300, False), (301, True), (302, False), (303, False), (304, False), (307, True), (308, True)],
)
def test_a_redirect_is_not_followed(status: int, not_taken: bool) -> None:
    reason = f"answered a redirect, which is not followed: {status}"
    assert refused(status) == Temporary(reason, not_taken=not_taken)


@pytest.mark.parametrize("status", [0, 101, 199, 600, 999])
def test_a_status_of_no_class_is_no_usable_answer(status: int) -> None:
    assert refused(status) == Unknown(f"answered no known status: {status}")


@pytest.mark.parametrize("status", [425, 429, 503])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("99999", 3600),
        ("9" * 5000, 3600),
        ("Sun, 06 Nov 2044 08:50:07 GMT", 30),
        ("Sunday, 06-Nov-44 08:50:07 GMT", 30),
        ("Sun Nov  6 08:50:07 2044", 30),
        ("Sun, 06 Nov 2044 08:00:00 GMT", 0),
        ("Mon, 07 Nov 2044 08:00:00 GMT", 3600),
    ],
)
@time_machine.travel("2044-11-06T08:49:37Z", tick=False)
def test_a_refusal_of_service_says_when_to_come_back(
    status: int, value: str, seconds: float
) -> None:
    expected = Temporary(f"asked us to wait: {status}", retry_after=seconds)
    assert refused(status, {"Retry-After": value}) == expected


def test_a_date_to_come_back_is_read_by_the_clock_of_who_wrote_it() -> None:
    headers = {
        "Date": "Sun, 06 Nov 2044 08:49:37 GMT",
        "Retry-After": "Sun, 06 Nov 2044 08:50:07 GMT",
    }
    assert refused(429, headers) == Temporary("asked us to wait: 429", retry_after=30)


UNREADABLE = ["", "soon", "-1", "1.5", "١٢", "Sun, 99 Nov 2044 08:49:37 GMT", "1 2 3", "\x00"]


@pytest.mark.parametrize("value", UNREADABLE)
def test_an_unreadable_retry_after_is_none(value: str) -> None:
    assert refused(429, {"Retry-After": value}) == Temporary("asked us to wait: 429")
    assert refused(503, {"Retry-After": value}) == Unknown("failed: 503")
