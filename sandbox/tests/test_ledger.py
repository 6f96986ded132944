"""The ledger shows what came, in order, without secrets; the home page shows it to people."""

from datetime import UTC, datetime, timedelta

import requests

from sandbox.testing import running_sandbox


def test_an_empty_ledger_has_every_list(sandbox):
    assert sandbox.ledger() == {key: [] for key in ["shipments", "sms", "email", "push", "other"]}


def test_entries_are_in_order_with_body_headers_and_answer(sandbox, ship, shipment):
    ship(sandbox)
    ship(sandbox, key="key-2", order_id="co-2")
    first, second = sandbox.ledger()["shipments"]
    assert first["body"] == shipment
    assert second["body"]["order_id"] == "co-2"
    assert first["headers"]["Idempotency-Key"] == "key-1"
    assert first["headers"]["Content-Type"] == "application/json"
    assert (first["authorized"], first["status"]) == (True, 201)
    received = datetime.fromisoformat(first["received_at"])
    assert received.utcoffset() == timedelta(0)
    assert datetime.now(UTC) - received < timedelta(minutes=1)


def test_a_refused_request_is_recorded_with_its_status(sandbox, ship):
    ship(sandbox, order_id="x" * 36)
    (entry,) = sandbox.ledger()["shipments"]
    assert entry["status"] == 422


def test_no_secret_is_shown(sandbox, ship, sms):
    ship(sandbox)
    sms(sandbox, "+254704590344")
    headers = {"Authorization": "Bearer not-the-right-token"}
    requests.post(f"{sandbox.url}/gateways/sms", json={}, headers=headers, timeout=10)
    text = requests.get(f"{sandbox.url}/ledger", timeout=10).text
    for secret in (sandbox.config.reference_provider_secret, "not-the-right-token"):
        assert secret not in text


def test_delete_empties_the_ledger_but_the_provider_remembers(sandbox, ship):
    ship(sandbox)
    assert requests.delete(f"{sandbox.url}/ledger", timeout=10).status_code == 204
    assert sandbox.ledger()["shipments"] == []
    assert ship(sandbox, key="key-2").status_code == 409


def test_a_reset_forgets_parcels_too(sandbox, ship):
    ship(sandbox)
    sandbox.clear()
    assert ship(sandbox, key="key-2").status_code == 201


def test_look_ups_and_cancellations_do_not_count_as_shipments(sandbox, ship):
    ship(sandbox)
    headers = {"Authorization": f"Bearer {sandbox.config.reference_provider_secret}"}
    url = f"{sandbox.url}/provider/shipments/co-1"
    requests.get(url, headers=headers, timeout=10)
    requests.post(f"{url}/cancel", headers=headers, timeout=10)
    ledger = sandbox.ledger()
    assert len(ledger["shipments"]) == 1
    assert [entry["action"] for entry in ledger["other"]] == ["look-up", "cancel"]


def test_the_ledger_keeps_the_newest_entries_only(sms):
    with running_sandbox(keep=2) as small:
        for number in ("+254700000001", "+254700000002", "+254700000003"):
            sms(small, number)
        assert [e["recipient"] for e in small.ledger()["sms"]] == ["+254700000002", "+254700000003"]
        assert small.stats()["received"]["sms"] == 3


def test_the_home_page_shows_the_newest_first_and_escapes(sandbox, ship, sms):
    ship(sandbox)
    sms(sandbox, "+254704590344", message="<script>first</script>")
    sms(sandbox, "+254704590345", message="second")
    page = requests.get(f"{sandbox.url}/", timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script>" not in page.text
    assert page.text.index("second") < page.text.index("&lt;script&gt;first")
    assert "co-1" in page.text


def test_the_home_page_shows_also_what_is_malformed(sandbox):
    url = f"{sandbox.url}/provider/shipments"
    for body in (b"{", b"[1]", b'{"delivery_address": "<b>"}'):
        requests.post(url, data=body, timeout=10)
    assert requests.get(f"{sandbox.url}/", timeout=10).status_code == 200


def test_with_a_seed_every_identifier_is_the_same_again(sms, ship):
    def identifiers():
        with running_sandbox(seed=7) as sandbox:
            message = sms(sandbox, "+254704590344").json()["SMSMessageData"]["Recipients"][0]
            return message["messageId"], ship(sandbox).json()["shipment_id"]

    assert identifiers() == identifiers()
