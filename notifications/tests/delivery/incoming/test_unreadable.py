"""What services report and nobody here understands: kept as it came, one case a service."""

import pytest

from core.cases.models import Case
from core.models import Circuit
from core.sweeper import reconcile
from notifications.delivery.incoming import unreadable
from notifications.models import DeliveryReport

pytestmark = pytest.mark.django_db
BODY = b'{"to": "+254704590344", "status": "Pigeon"}'


def keep(came: bytes = BODY, problem: str = "a status that we do not know") -> None:
    unreadable.keep("sms", "africastalking", came, problem)


def open_cases() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("source", flat=True))


def test_it_is_kept_byte_by_byte_with_our_words_for_what_is_wrong():
    keep(b"\xff\x00\n not text")
    row = DeliveryReport.objects.get()
    assert bytes(row.raw or b"") == b"\xff\x00\n not text"
    assert (row.reason, row.recipient) == ("a status that we do not know", "")


def test_the_case_holds_no_word_of_it():
    keep()
    case = Case.objects.get()
    assert "254" not in f"{case.title} {case.happened} {case.said}"
    assert "Pigeon" not in f"{case.title} {case.happened} {case.said}"


def test_the_same_again_is_kept_once_and_however_much_there_is_it_is_one_case():
    for came in (BODY, BODY, b"{}", b"[]"):
        keep(came)
    assert DeliveryReport.objects.count() == 3
    assert open_cases() == ["africastalking"]


def test_each_service_has_a_case_of_its_own():
    keep()
    unreadable.keep("email", "anymail", BODY, "no such event")
    assert sorted(open_cases()) == ["africastalking", "anymail"]
    assert DeliveryReport.objects.count() == 2


def test_what_is_too_long_is_cut_and_so_is_our_reason():
    keep(b"x" * (unreadable.LONGEST + 1), "why " * 100)
    row = DeliveryReport.objects.get()
    assert (len(row.raw or b""), len(row.reason)) == (unreadable.LONGEST, 200)


def test_the_oldest_make_room_and_those_of_others_do_not(monkeypatch):
    monkeypatch.setattr(unreadable, "MOST", 2)
    unreadable.keep("email", "anymail", BODY, "no such event")
    for number in range(4):
        keep(str(number).encode())
    kept = DeliveryReport.objects.filter(provider="africastalking")
    assert [bytes(row.raw or b"") for row in kept.order_by("id")] == [b"2", b"3"]
    assert DeliveryReport.objects.filter(provider="anymail").exists()


def test_set_aside_it_stays_kept_and_is_nobodys_work():
    keep()
    unreadable.set_aside(Circuit.objects.get(), by="user:1 ann", reason="They know of it")
    assert open_cases() == []
    assert DeliveryReport.objects.get().set_aside_at is not None
    assert set(reconcile().values()) == {0}
    keep()
    assert open_cases() == [], "the same again is no news"
    keep(b"something new")
    assert open_cases() == ["africastalking"]


def test_setting_one_service_aside_leaves_the_others():
    keep()
    unreadable.keep("email", "anymail", BODY, "no such event")
    service = Circuit.objects.get(name__contains="africastalking")
    unreadable.set_aside(service, by="user:1 ann", reason="They know of it")
    assert open_cases() == ["anymail"]
    assert [circuit.name for circuit in unreadable.waiting_services()] == [
        "notifications:email:anymail"
    ]


def test_the_reconciler_opens_what_nobody_opened_and_closes_what_is_gone():
    keep()
    Case.objects.all().delete()
    reconcile()
    assert open_cases() == ["africastalking"]
    DeliveryReport.objects.all().delete()
    reconcile()
    assert open_cases() == []
