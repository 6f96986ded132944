"""Each fault does what its name says, to the requests it is meant for."""

import socket
import time
from contextlib import closing

import pytest
import requests

GATEWAY = "/gateways/email"


def hit(sandbox, timeout=10):
    headers = {"Authorization": f"Bearer {sandbox.config.email_gateway_token}"}
    body = {"recipient": "a@b.example", "message": "Hi"}
    url = sandbox.url + GATEWAY
    return requests.post(url, json=body, headers=headers, timeout=timeout, allow_redirects=False)


def accepted(sandbox):
    return [e for e in sandbox.ledger()["email"] if e["status"] == 202]


def statuses(sandbox, count):
    return [hit(sandbox).status_code for _ in range(count)]


def test_a_status_is_answered_without_the_work(sandbox):
    sandbox.faults(gateways={"status": 503})
    assert hit(sandbox).status_code == 503
    (entry,) = sandbox.ledger()["email"]
    assert (entry["status"], entry["fault"]) == (503, "status")
    assert entry["body"]["message"] == "Hi"


def test_times_mends_itself(sandbox):
    sandbox.faults(gateways={"status": 500, "times": 2})
    assert statuses(sandbox, 3) == [500, 500, 202]


def test_retry_after_is_sent_when_ordered(sandbox):
    sandbox.faults(gateways={"status": 429, "retry_after": 7})
    assert hit(sandbox).headers["Retry-After"] == "7"


def test_a_share_is_the_same_with_the_same_seed(sandbox):
    def with_seed(seed):
        sandbox.faults(gateways={"status": 500, "share": 0.5, "seed": seed})
        return statuses(sandbox, 12)

    assert with_seed(1) == with_seed(1) != with_seed(2)
    assert set(with_seed(1)) == {202, 500}


def test_another_part_is_not_touched(sandbox, ship):
    sandbox.faults(gateways={"status": 500})
    assert ship(sandbox).status_code == 201


def test_method_and_path_choose_the_requests(sandbox, ship):
    sandbox.faults(
        provider={"status": 500, "method": "GET"}, gateways={"status": 500, "path": "sms"}
    )
    assert ship(sandbox).status_code == 201
    assert requests.get(f"{sandbox.url}/provider/shipments/co-1", timeout=10).status_code == 500
    assert hit(sandbox).status_code == 202


def test_null_and_delete_mend(sandbox):
    sandbox.faults(gateways={"status": 500}, provider={"status": 500})
    sandbox.faults(gateways=None)
    assert hit(sandbox).status_code == 202
    assert set(sandbox.call("GET", "/faults")) == {"provider"}
    sandbox.call("DELETE", "/faults")
    assert sandbox.call("GET", "/faults") == {}


def test_faults_tell_how_often_they_struck(sandbox):
    sandbox.faults(gateways={"status": 500, "times": 3})
    statuses(sandbox, 2)
    fault = sandbox.call("GET", "/faults")["gateways"]
    assert (fault["hits"], fault["times"]) == (2, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"moon": {"status": 500}},
        {"gateways": {"mode": "explode"}},
        {"gateways": {"mode": "status"}},
        {"gateways": {"status": 99}},
        {"gateways": {"times": "2"}},
        {"gateways": {"colour": "red"}},
        {"gateways": [1]},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(sandbox, fault):
    answer = requests.put(f"{sandbox.url}/faults", json=fault, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.call("GET", "/faults") == {}


def test_latency_delays_the_answer_of_every_request(sandbox):
    sandbox.faults(gateways={"latency_ms": 80})
    for _ in range(2):
        before = time.monotonic()
        assert hit(sandbox).status_code == 202
        assert time.monotonic() - before >= 0.08


def test_latency_delays_the_answer_and_not_the_work(sandbox):
    sandbox.faults(gateways={"latency_ms": 60_000})
    with pytest.raises(requests.ReadTimeout):
        hit(sandbox, timeout=0.3)
    assert len(accepted(sandbox)) == 1


def test_latency_alone_may_strike_once(sandbox):
    sandbox.faults(gateways={"latency_ms": 60_000, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        hit(sandbox, timeout=0.3)
    assert hit(sandbox).status_code == 202


def test_refuse_closes_without_work_or_record(sandbox):
    sandbox.faults(gateways={"mode": "refuse", "times": 1})
    with pytest.raises(requests.ConnectionError):
        hit(sandbox)
    assert sandbox.ledger()["email"] == []


def test_close_after_accept_does_the_work(sandbox):
    sandbox.faults(gateways={"mode": "close_after_accept", "times": 1})
    with pytest.raises(requests.ConnectionError):
        hit(sandbox)
    (entry,) = accepted(sandbox)
    assert entry["fault"] == "close_after_accept"


def test_timeout_after_accept_does_the_work_and_is_silent(sandbox):
    sandbox.faults(gateways={"mode": "timeout_after_accept", "times": 1})
    with pytest.raises(requests.ReadTimeout):
        hit(sandbox, timeout=0.3)
    assert len(accepted(sandbox)) == 1


def test_timeout_after_accept_ends_after_hang_seconds(sandbox):
    sandbox.faults(gateways={"mode": "timeout_after_accept", "hang_seconds": 0.05})
    with pytest.raises(requests.ConnectionError):
        hit(sandbox)


def test_after_a_lost_answer_the_parcel_is_found_by_look_up(sandbox, ship):
    sandbox.faults(provider={"mode": "close_after_accept", "method": "POST", "times": 1})
    with pytest.raises(requests.ConnectionError):
        ship(sandbox)
    headers = {"Authorization": f"Bearer {sandbox.config.reference_provider_secret}"}
    found = requests.get(f"{sandbox.url}/provider/shipments/co-1", headers=headers, timeout=10)
    assert found.json()["status"] == "accepted"
    assert ship(sandbox).json()["shipment_id"] == found.json()["shipment_id"]
    assert len(sandbox.parcels()) == 1


def test_status_after_accept_does_the_work(sandbox):
    sandbox.faults(gateways={"mode": "status_after_accept", "status": 502})
    assert hit(sandbox).status_code == 502
    assert len(accepted(sandbox)) == 1


def test_garbled_is_half_of_the_answer(sandbox):
    sandbox.faults(gateways={"mode": "garbled"})
    answer = hit(sandbox)
    assert answer.status_code == 202
    assert answer.text.startswith('{"status"')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(accepted(sandbox)) == 1


def test_wrong_type_is_a_page(sandbox):
    sandbox.faults(gateways={"mode": "wrong_type"})
    answer = hit(sandbox)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    assert len(accepted(sandbox)) == 1


def test_redirect_leads_elsewhere_and_visits_are_told(sandbox):
    sandbox.faults(gateways={"mode": "redirect"})
    answer = hit(sandbox)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")
    assert sandbox.ledger()["other"] == []
    requests.get(f"{sandbox.url}/elsewhere", headers={"apiKey": "x"}, timeout=10)
    (visit,) = sandbox.ledger()["other"]
    assert (visit["action"], visit["secret_sent"]) == ("elsewhere", True)


def raw(sandbox):
    """A connection on which the request was sent by hand, to read just what comes."""
    body = b'{"recipient": "a@b.example", "message": "Hi"}'
    connection = socket.create_connection(("127.0.0.1", sandbox.config.port), timeout=10)
    connection.sendall(
        f"POST {GATEWAY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {sandbox.config.email_gateway_token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return closing(connection)


def test_huge_goes_on_for_as_long_as_anybody_reads(sandbox):
    sandbox.faults(gateways={"mode": "huge", "times": 1})
    with raw(sandbox) as connection:
        assert all(connection.recv(65_536) for _ in range(100))
    assert hit(sandbox).status_code == 202


def test_slow_is_a_byte_at_a_time(sandbox):
    sandbox.faults(gateways={"mode": "slow", "byte_seconds": 0.005})
    before = time.monotonic()
    answer = hit(sandbox)
    assert answer.json()["status"] == "accepted"
    assert time.monotonic() - before > 0.005 * len(answer.content)


def test_an_issuer_at_fault_leaves_nothing_in_the_ledger(sandbox):
    sandbox.faults(oidc={"status": 503})
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "s3cret"}
    assert requests.post(f"{sandbox.issuer}/token", data=form, timeout=10).status_code == 503
    assert "s3cret" not in str(sandbox.ledger())


def test_the_peak_under_way_is_counted(sandbox):
    hit(sandbox)
    assert sandbox.stats()["peak_under_way"] == {"gateways": 1}
