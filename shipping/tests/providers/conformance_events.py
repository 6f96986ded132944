"""What becomes of a provider's webhooks, good and bad: the part of the suite with a database."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from core.cases.models import Case as OpenCase
from shipping.api import webhook_limits
from shipping.models import ProviderProfile, Shipment, TrackingEvent, UnreadableEvent
from shipping.provider_api.base import Provider
from shipping.tests.factories import queued_shipment, read_one
from shipping.tracking import events, reread, unreadable

if TYPE_CHECKING:
    from shipping.tests.providers.conformance import Case

Post = Callable[[bytes], int]
RUBBISH = (b"", b"\x00\x01", b"<h1>Moved</h1>", b'{"hello": "there"}', b"[]", b"<hello/>")
PADDED = ("{} ", " {}", "{:<35}", "{:<60}")


def written(case: "Case", reference: str, **others: str) -> bytes:
    """The sample webhook of another parcel; `others` replace what stands there, byte for byte."""
    body = case.webhook.replace(case.says[0].encode(), reference.encode())
    for old, new in others.items():
        body = body.replace(old.encode(), new.encode())
    return body


def state_of(shipment: Shipment) -> str:
    """Where it is, with all that was reported of it applied."""
    events.apply(shipment.pk)
    shipment.refresh_from_db()
    return shipment.state


class EventConformance:
    """Mixed into `Conformance`."""

    @pytest.fixture
    def post(self, case: "Case", provider: Provider, db: None) -> Post:
        if not provider.sends_webhooks:
            pytest.skip("it reports nothing")
        webhook_limits._rates.clear()
        url = f"/api/v1/webhooks/shipping/{case.name}/"

        def post(body: bytes) -> int:
            proof: dict[str, Any] = {f"HTTP_{n.upper()}".replace("-", "_"): v for n, v in
                                     case.prove(body).items()}  # fmt: skip
            return Client().post(url, body, content_type="application/json", **proof).status_code

        return post

    def test_a_report_is_kept_once_and_applied(self, case, post):
        shipment = queued_shipment(provider=case.name)
        body = written(case, shipment.reference)
        assert [post(body), post(body)] == [200, 200]
        assert state_of(shipment) == case.says[1]
        assert shipment.tracking_events.count() == 1

    @pytest.mark.parametrize("form", PADDED)
    def test_our_reference_may_be_padded_or_in_capitals(self, case, post, form):
        shipment = queued_shipment(provider=case.name)
        assert post(written(case, form.format(shipment.reference.upper()))) == 200
        assert state_of(shipment) == case.says[1]

    def test_the_same_id_of_two_parcels_is_two_events(self, case, post):
        both = [queued_shipment(provider=case.name) for _ in range(2)]
        assert [post(written(case, each.reference)) for each in both] == [200, 200]
        assert [state_of(each) for each in both] == [case.says[1]] * 2

    def test_a_status_that_it_has_added_is_kept_for_staff_and_moves_nothing(
        self, case, post, provider
    ):
        shipment = queued_shipment(provider=case.name)
        known = read_one(provider, case.webhook).raw_status
        assert known, "say what stands there: `raw_status`"
        assert post(_of_status(case, shipment, known, "zz-17")) == 200
        kept = UnreadableEvent.objects.get()
        assert (kept.raw_status, kept.shipment) == ("zz-17", shipment)
        assert state_of(shipment) == "queued"
        assert OpenCase.objects.get(closed_at=None).kind == unreadable.KIND
        assert post(written(case, shipment.reference)) == 200
        assert state_of(shipment) == case.says[1]

    def test_what_it_cannot_have_meant_is_kept_for_staff(self, case, post):
        for number, body in enumerate((*RUBBISH, *case.bad_webhooks)):
            assert post(body) == 200, body
            assert UnreadableEvent.objects.count() >= min(number, 1), body
        assert not TrackingEvent.objects.exists()
        assert OpenCase.objects.get(closed_at=None).kind == unreadable.KIND, "one, not one a body"

    def test_what_is_understood_later_is_applied_then(self, case, post, provider, monkeypatch):
        shipment = queued_shipment(provider=case.name)
        known = read_one(provider, case.webhook).raw_status
        body = written(case, shipment.reference)
        monkeypatch.setattr(type(provider), "event", _not_yet)
        monkeypatch.setattr(type(provider), "events", _not_yet)
        assert post(body) == 200
        assert state_of(shipment) == "queued", known
        monkeypatch.undo()
        self._set_up_again(case, monkeypatch)
        assert reread.read_again(ProviderProfile.ensured(case.name)) == 1
        assert state_of(shipment) == case.says[1]
        assert not OpenCase.objects.filter(closed_at=None).exists()

    def _set_up_again(self, case: "Case", monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in case.settings.items():
            monkeypatch.setenv(name, value)


def _not_yet(*_: object) -> Any:
    raise LookupError("a status that this file has not learned")


def _of_status(case: "Case", shipment: Shipment, known: str, new: str) -> bytes:
    quoted = (f'"{known}"', f'"{new}"')
    return written(case, shipment.reference, **{quoted[0]: quoted[1]})
