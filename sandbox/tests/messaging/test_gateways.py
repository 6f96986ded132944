"""The plain gateways take recipient and message, and nothing else."""

import pytest
import requests

KINDS = {"sms": "07451277972", "email": "example@gmail.com"}


def send(sandbox, kind, body, token=None):
    token = getattr(sandbox.config, f"{kind}_gateway_token") if token is None else token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    arguments = {"data": body} if isinstance(body, bytes) else {"json": body}
    url = f"{sandbox.url}/gateways/{kind}"
    return requests.post(url, headers=headers, timeout=10, **arguments)


@pytest.mark.parametrize(("kind", "recipient"), KINDS.items())
def test_a_message_is_accepted_and_recorded(sandbox, kind, recipient):
    answer = send(sandbox, kind, {"recipient": recipient, "message": "Hi"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    assert answer.json()["id"]
    (entry,) = sandbox.ledger()[kind]
    assert (entry["provider"], entry["recipient"], entry["message"]) == ("gateway", recipient, "Hi")


@pytest.mark.parametrize("kind", KINDS)
def test_each_gateway_has_a_token_of_its_own(sandbox, kind):
    other = "email" if kind == "sms" else "sms"
    token = getattr(sandbox.config, f"{other}_gateway_token")
    good = {"recipient": KINDS[kind], "message": "Hi"}
    assert send(sandbox, kind, good, token=token).status_code == 401
    assert send(sandbox, kind, good, token="").status_code == 401
    assert [entry["status"] for entry in sandbox.ledger()[kind]] == [401, 401]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_what_is_not_a_json_object_is_400(sandbox, body):
    assert send(sandbox, "sms", body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipient": "07451277972"},
        {"recipient": "07451277972", "message": "Hi", "name": "John"},
        {"recipient": "07451277972", "message": " "},
        {"recipient": "07451277972", "message": 3},
        {"recipient": None, "message": "Hi"},
        {"recipient": "john@example.com", "message": "Hi"},
    ],
)
def test_a_body_that_breaks_the_contract_is_422(sandbox, body):
    assert send(sandbox, "sms", body).status_code == 422


def test_an_email_goes_to_an_address(sandbox):
    body = {"recipient": "07451277972", "message": "Hi"}
    assert send(sandbox, "email", body).status_code == 422


def test_there_is_no_other_gateway(sandbox):
    assert requests.post(f"{sandbox.url}/gateways/pigeon", timeout=10).status_code == 404
