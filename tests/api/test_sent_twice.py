"""Every POST of the API that changes something, sent twice: with a key and without."""

import base64
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from clinical.attachments.services import attach
from clinical.models import Study
from clinical.patients.merging import merge
from clinical.tests.attachments.samples import PDF, upload
from clinical.tests.factories import (
    PatientFactory,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from core.api.idempotency import takes_key
from core.cases import handling
from core.cases.models import Case
from core.models import IdempotencyKey
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import LinkedAccount
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory, client_for, client_of, staff
from identity.tests.issuer import LoopbackIssuer, shared_issuer
from kits.tests.factories import a_label, kit_in, order_of_kits, packed_kit, stocked_kit
from notifications.models import PushSubscription
from orders.tests.factories import KitFactory, ProductFactory, placed_order
from shipping.models import Return
from shipping.schedules.services import skip
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import monthly_schedule, queued_shipment
from tests.matrix import addresses, expectations
from tests.statements import written_tables

pytestmark = pytest.mark.django_db
Request = tuple[str, dict[str, Any]]


def _sale(**where: Any) -> dict[str, Any]:
    return {"item": "tea", "amount": "2.50", **where}


def _return(state: str) -> str:
    parcel = queued_shipment(state="delivered")
    row = Return.objects.create(
        shipment=parcel, reference=f"{parcel.reference}-r1", provider="reference", state=state
    )
    return f"returns/{row.pk}/"


def _schedule(state: str) -> str:
    return f"schedules/{monthly_schedule(state=state).pk}/"


def _skipped() -> str:
    schedule = monthly_schedule()
    skip(schedule, by="user:test")
    return f"schedules/{schedule.pk}/"


def _device() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    code = [base64.urlsafe_b64encode(text).decode().rstrip("=") for text in (point, b"x" * 16)]
    return {
        "endpoint": "https://fcm.googleapis.com/x",
        "keys": {"p256dh": code[0], "auth": code[1]},
    }


def _kit() -> dict[str, Any]:
    kit = KitFactory.create(item_id="ancestry")
    return {"customer": AddressFactory.create().customer_id, "kit_type": kit.item_id}


def _customers_order() -> Request:
    ProductFactory.create(item_id="it-1")
    home = AddressFactory.create()
    return f"customers/{home.customer_id}/orders/", {"items": [{"item_id": "it-1", "quantity": 1}]}


def _customer() -> int:
    return int(CustomerFactory.create(phone_number="+254704590344").pk)


def _unmerge() -> Request:
    survivor, merged = PatientFactory.create(), PatientFactory.create()
    merge(survivor, merged, take=[], by="user:x", reason="entered twice")
    return f"patients/{survivor.pk}/unmerge/", {"patient": merged.pk, "reason": "two people"}


def _archived() -> int:
    return int(PatientFactory.create(archived_at=timezone.now()).pk)


def _taken() -> Case:
    case = open_case(in_state("rejected"))
    handling.take(case, by="user:x")
    return case


def _snoozed() -> Case:
    case = open_case(in_state("rejected"))
    handling.snooze(case, by="user:x", until=timezone.now() + timedelta(days=1))
    return case


def _attachment(verb: str) -> str:
    study = performed_study()
    row = attach(study, BytesIO(PDF), "report.pdf", by="user:test")
    return f"{_of_study(study)}attachments/{row.pk}/{verb}/"


def _of_study(study: Study) -> str:
    return f"patients/{study.patient_id}/studies/{study.pk}/"


HOME = {"recipient": "Jane", "line_1": "1 Old Street", "city": "London"}
HOME |= {"postcode": "W2 6NB", "country": "GB"}
STUDY = {"urgency_level": "HIGH", "type": "XRAY", "body_part": "KNEE"}
PATIENT = {"first_name": "A", "last_name": "B", "birth_date": "1985-04-10"}

# What makes each possible once.
POSTS: dict[str, Callable[[], Request]] = {
    "POST customers/": lambda: ("customers/", {"name": "Ada"}),
    "POST customers/{customer_pk}/addresses/": lambda: (
        f"customers/{_customer()}/addresses/",
        HOME,
    ),
    "POST customers/{customer_pk}/orders/": _customers_order,
    "POST dna-kit-orders/": lambda: ("dna-kit-orders/", _kit()),
    "POST exceptions/{pk}/actions/{name}/": lambda: (
        f"exceptions/{open_case(in_state('rejected')).pk}/actions/cancel/",
        {"reason": "they moved"},
    ),
    "POST exceptions/{pk}/give-back/": lambda: (f"exceptions/{_taken().pk}/give-back/", {}),
    "POST exceptions/{pk}/hand-over/": lambda: (
        f"exceptions/{open_case(in_state('rejected')).pk}/hand-over/",
        {"to": staff("fulfilment").username},
    ),
    "POST exceptions/{pk}/note/": lambda: (
        f"exceptions/{open_case(in_state('rejected')).pk}/note/",
        {"reason": "They call back."},
    ),
    "POST exceptions/{pk}/snooze/": lambda: (
        f"exceptions/{open_case(in_state('rejected')).pk}/snooze/",
        {"until": (timezone.now() + timedelta(days=1)).isoformat()},
    ),
    "POST exceptions/{pk}/take/": lambda: (
        f"exceptions/{open_case(in_state('rejected')).pk}/take/",
        {},
    ),
    "POST exceptions/{pk}/wake/": lambda: (f"exceptions/{_snoozed().pk}/wake/", {}),
    "POST kits/{serial}/destroyed/": lambda: (
        f"kits/{kit_in('sent').serial}/destroyed/",
        {"reason": "it burned"},
    ),
    "POST kits/{serial}/lost/": lambda: (
        f"kits/{kit_in('sent').serial}/lost/",
        {"reason": "it is lost"},
    ),
    "POST kits/{serial}/pack/": lambda: (
        f"kits/{stocked_kit().serial}/pack/",
        {"order": order_of_kits().pk, "return_tracking": a_label()},
    ),
    "POST kits/{serial}/receive/": lambda: (
        f"kits/{kit_in('returning').serial}/receive/",
        {"accepted": True, "condition": "ROOM"},
    ),
    "POST kits/{serial}/register/": lambda: (
        f"kits/{kit_in('delivered').serial}/register/",
        {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "birth_date": "1985-04-10",
            "collected_at": timezone.now().isoformat(),
            "consent_version": "1",
        },
    ),
    "POST kits/{serial}/replace/": lambda: (
        f"kits/{kit_in('rejected', reason='QS').serial}/replace/",
        {},
    ),
    "POST kits/{serial}/resume/": lambda: (
        f"kits/{kit_in('rejected', reason='RD').serial}/resume/",
        {"reason": "sampled on the third"},
    ),
    "POST kits/{serial}/unpack/": lambda: (f"kits/{packed_kit().serial}/unpack/", {}),
    "POST notifications/": lambda: (
        "notifications/",
        {"customer": _customer(), "message": "Hello", "channel": "sms"},
    ),
    "POST orders/": lambda: ("orders/", _sale(customer=_customer())),
    "POST orders/{pk}/cancel/": lambda: (f"orders/{placed_order().pk}/cancel/", {}),
    "POST patients/": lambda: ("patients/", PATIENT),
    "POST patients/similar/": lambda: ("patients/similar/", PATIENT),
    "POST patients/{pk}/merge/": lambda: (
        f"patients/{PatientFactory.create().pk}/merge/",
        {"patient": PatientFactory.create().pk, "reason": "entered twice"},
    ),
    "POST patients/{pk}/unmerge/": _unmerge,
    "POST patients/{pk}/archive/": lambda: (f"patients/{PatientFactory.create().pk}/archive/", {}),
    "POST patients/{pk}/restore/": lambda: (f"patients/{_archived()}/restore/", {}),
    "POST patients/{patient_pk}/studies/": lambda: (
        f"patients/{PatientFactory.create().pk}/studies/",
        STUDY,
    ),
    "POST patients/{patient_pk}/studies/{pk}/amend/": lambda: (
        f"{_of_study(signed_study())}amend/",
        {"text": "Fracture.", "reason": "overlooked"},
    ),
    "POST patients/{patient_pk}/studies/{pk}/cancel/": lambda: (
        f"{_of_study(study_of())}cancel/",
        {"reason": "they did not come"},
    ),
    "POST patients/{patient_pk}/studies/{pk}/enter-in-error/": lambda: (
        f"{_of_study(signed_study())}enter-in-error/",
        {"reason": "another patient"},
    ),
    "POST patients/{patient_pk}/studies/{pk}/perform/": lambda: (
        f"{_of_study(study_of())}perform/",
        {},
    ),
    "POST patients/{patient_pk}/studies/{pk}/report/": lambda: (
        f"{_of_study(performed_study())}report/",
        {"text": "No fracture."},
    ),
    "POST patients/{patient_pk}/studies/{pk}/sign/": lambda: (
        f"{_of_study(reported_study())}sign/",
        {"number": 1},
    ),
    "POST patients/{patient_pk}/studies/{study_pk}/attachments/": lambda: (
        f"{_of_study(performed_study())}attachments/",
        {"file": upload()},
    ),
    "POST patients/{patient_pk}/studies/{study_pk}/attachments/{pk}/enter-in-error/": lambda: (
        _attachment("enter-in-error"),
        {"reason": "another study"},
    ),
    "POST push-subscriptions/": lambda: (
        "push-subscriptions/",
        {"customer": _customer(), **_device()},
    ),
    "POST returns/{pk}/close/": lambda: (f"{_return('requested')}close/", {}),
    "POST returns/{pk}/label-sent/": lambda: (f"{_return('requested')}label-sent/", {}),
    "POST returns/{pk}/receive/": lambda: (f"{_return('in-transit')}receive/", {}),
    "POST returns/{pk}/refuse/": lambda: (f"{_return('in-transit')}refuse/", {}),
    "POST sales/create-customer/": lambda: ("sales/create-customer/", {"name": "Ada"}),
    "POST sales/create-order/": lambda: ("sales/create-order/", _sale(customer=_customer())),
    "POST schedules/{pk}/cancel/": lambda: (f"{_schedule('active')}cancel/", {}),
    "POST schedules/{pk}/pause/": lambda: (f"{_schedule('active')}pause/", {}),
    "POST schedules/{pk}/preview/": lambda: (
        f"{_schedule('active')}preview/",
        {"delivery_service": "express"},
    ),
    "POST schedules/{pk}/resume/": lambda: (f"{_schedule('paused')}resume/", {}),
    "POST schedules/{pk}/skip/": lambda: (f"{_schedule('active')}skip/", {}),
    "POST schedules/{pk}/unskip/": lambda: (f"{_skipped()}unskip/", {"occurrence": 1}),
    "POST shipments/{pk}/cancel/": lambda: (f"shipments/{queued_shipment().pk}/cancel/", {}),
    "POST shipments/{pk}/resend/": lambda: (
        f"shipments/{queued_shipment(state='failed-to-deliver').pk}/resend/",
        {},
    ),
    "POST shipments/{pk}/retry/": lambda: (
        f"shipments/{queued_shipment(state='rejected').pk}/retry/",
        {},
    ),
    "POST shipments/{pk}/return/": lambda: (
        f"shipments/{queued_shipment(state='delivered').pk}/return/",
        {"reason": "does not fit"},
    ),
}


def sender(name: str, *scopes: str) -> APIClient:
    """Who may send it: a program, or a clinician where only people may."""
    if name in expectations.PEOPLE_ONLY:
        return client_of(clinician(), *scopes)
    return client_for(scopes or tuple(SCOPES))


# Where files are sent.
MULTIPART = {"POST patients/{patient_pk}/studies/{study_pk}/attachments/"}


def format_of(name: str) -> str:
    """In which form the body is sent."""
    return "multipart" if name in MULTIPART else "json"


# They make a new one each time: only a key can tell a second wish from a second try.
CREATES = {
    *(name for name in POSTS if "{pk}" not in name and name != "POST push-subscriptions/"),
}


def posts() -> list[str]:
    """Every POST of the API, from the URL configuration; webhooks have names of their own."""
    every = set(addresses.endpoints()) - set(expectations.WEBHOOKS) - expectations.SEARCHES
    return sorted(name for name in every if name.startswith("POST "))


@pytest.mark.parametrize("name", posts())
def test_every_post_takes_an_idempotency_key(name):
    view = addresses.endpoints()[name].view
    assert takes_key(getattr(view.cls, view.actions["post"])), f"{name}: decorate it: idempotent"
    assert name in POSTS, f"{name}: say here what makes it possible once"


@pytest.mark.parametrize("name", sorted(POSTS))
def test_under_one_key_it_is_done_once_and_answered_the_same(name):
    path, body = POSTS[name]()
    client = sender(name)
    send: Any = {"data": body, "format": format_of(name), "headers": {"Idempotency-Key": "k"}}
    first = client.post(f"/api/v1/{path}", **send)
    assert first.status_code in (200, 201, 202), first.content
    with connection.execute_wrapper(_refuse_writes):
        again = client.post(f"/api/v1/{path}", **send)
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.get("Location") == first.get("Location")


def _refuse_writes(execute: Any, sql: str, *rest: Any) -> Any:
    """But the access log, a patient's data that is shown again is read again; and the try for the
    key, which is taken."""
    assert set(written_tables(sql)) <= {"identity_accessrecord", "core_idempotencykey"}, sql
    return execute(sql, *rest)


@pytest.mark.parametrize("name", sorted(set(POSTS) - CREATES))
def test_without_a_key_the_second_is_the_same_or_a_conflict(name):
    path, body = POSTS[name]()
    client = sender(name)
    first, again = [client.post(f"/api/v1/{path}", body, format=format_of(name)) for _ in range(2)]
    assert first.status_code in (200, 201, 202), first.content
    # 404: it has left the record.
    assert again.status_code in (404, 409, first.status_code), again.content
    assert PushSubscription.objects.count() <= 1


def test_two_issuers_clients_of_one_name_do_not_share_their_keys(api, settings):
    other = LoopbackIssuer(own=ed25519.Ed25519PrivateKey.generate())
    settings.OIDC_TRUSTED_ISSUERS = [*settings.OIDC_TRUSTED_ISSUERS, other.url]
    ServiceClientFactory.create(issuer=other.url, client_id="test")
    theirs = APIClient(HTTP_AUTHORIZATION=f"Bearer {other.sign(scope='orders:write orders:read')}")
    send: dict[str, Any] = {"format": "json", "headers": {"Idempotency-Key": "k"}}
    body = _sale(customer=_customer())
    answers = [client.post("/api/v1/orders/", body, **send) for client in (api(), theirs)]
    other.stop()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_nobody_gets_anothers_answers_by_a_name_like_anothers_key(api, settings):
    settings.OIDC_UNKNOWN_PROGRAMS = True
    customer = _customer()
    send: dict[str, Any] = {"format": "json", "headers": {"Idempotency-Key": "k"}}
    one = staff("manager", username="mona")
    other = staff("manager", username=str(one.pk))
    numbers = set()
    for person in (one, other):
        LinkedAccount.objects.create(
            user=person, issuer=shared_issuer().url, subject=person.username
        )
        token = shared_issuer().sign(
            sub=person.username, client_id="x", scope="orders:write orders:read"
        )
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
        numbers.add(client.post("/api/v1/orders/", _sale(customer=customer), **send).json()["id"])
    assert len(numbers) == 2


def test_a_key_of_the_release_before_is_still_honoured(api):
    client, body = api(), _sale(customer=_customer())
    send = {"data": body, "format": "json", "headers": {"Idempotency-Key": "k"}}
    first = client.post("/api/v1/orders/", **send)
    former = {"scope": "client:test POST /api/v1/orders/", "encrypted_answer": ""}
    IdempotencyKey.objects.update(answer=first.json(), **former)
    again = client.post("/api/v1/orders/", **send)
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.parametrize(
    "key", ["é", "Ж", "a\x7f", "a\u00a0b", "", " ", "\u200b", "a\tb", "k" * 256]
)
def test_a_key_outside_of_visible_ascii_is_refused_by_name(api, key):
    raw = key.encode().decode("latin-1")  # as a server hands header bytes on
    answer = api().post(
        "/api/v1/customers/", {"name": "A"}, format="json", HTTP_IDEMPOTENCY_KEY=raw
    )
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["attr"]) == (400, "Idempotency-Key")
    assert "visible ASCII" in error["detail"]
