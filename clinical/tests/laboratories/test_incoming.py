"""Messages of laboratories: kept as they came, read once, and a case where they cannot be."""

import json

import pytest

from clinical.laboratories import adapters, incoming
from clinical.laboratories.incoming import NOT_UNDERSTOOD
from clinical.models import LabMessage, LabResult, ResultVersion
from clinical.tests.factories import registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message
from core import cases
from core.cases.models import Case
from core.sweeper import reconcile

pytestmark = pytest.mark.django_db
HTML = b"<html><body>Bad gateway</body></html>"


def open_cases():
    return Case.objects.filter(kind=NOT_UNDERSTOOD, closed_at=None)


def test_a_message_is_read_once_and_then_let_go():
    arrived(message())
    assert not LabMessage.objects.exists()
    version = ResultVersion.objects.get()
    assert json.loads(version.raw) == json.loads(message())
    assert version.findings == "Ferritin: 18 ug/L (normal)"
    arrived(message())
    assert ResultVersion.objects.count() == 1


def test_the_same_message_twice_waits_once():
    for _ in range(2):
        incoming.store("reference", message())
    assert LabMessage.objects.count() == 1
    assert incoming.read_waiting() == 1


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        message()[:60],
        b"\xff\x00\xfe",
        message(issued_at="2999-01-01T00:00:00Z"),
        message(sample={"birth_date": "2999-01-01"}),
    ],
)
def test_what_cannot_be_read_is_kept_and_a_case(body):
    arrived(body)
    kept = LabMessage.objects.get()
    assert kept.body.encode("latin-1") == body
    assert kept.problem
    case = open_cases().get()
    assert case.source == "reference"
    assert not LabResult.objects.exists()
    assert not any(reconcile().values())


def test_of_a_flood_one_message_is_a_case_and_then_the_next():
    arrived(*(HTML + str(number).encode() for number in range(5)))
    assert LabMessage.objects.count() == 5
    first = open_cases().get()
    incoming.set_aside(LabMessage.objects.get(pk=first.subject_id), by="user:1", reason="a test")
    assert open_cases().get().subject_id != first.subject_id


def test_it_is_read_again_once_its_file_knows_it(monkeypatch):
    arrived(HTML, message()[:60])
    laboratory = adapters.get("reference")
    good = laboratory.results(message())
    monkeypatch.setattr(laboratory, "results", lambda body: good)
    case = open_cases().get()
    action = cases.kind(NOT_UNDERSTOOD).action("read-lab-messages")
    assert action
    assert cases.act(case, action, by="user:1") == "2 messages are read again in a moment."
    incoming.read_waiting()
    assert not LabMessage.objects.exists()
    assert not open_cases().exists()
    assert LabResult.objects.count() == 1


def test_what_was_set_aside_and_is_sent_again_is_read_again(monkeypatch):
    def broken(body):
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(adapters.get("reference"), "results", broken)
        arrived(message(), HTML)
    for kept in LabMessage.objects.all():
        incoming.set_aside(kept, by="user:1", reason="a test")
    assert not open_cases().exists()
    arrived(message(), HTML)
    assert LabResult.objects.count() == 1
    assert LabMessage.objects.get().body == HTML.decode()
    assert open_cases().count() == 1  # what nobody can read still


def test_two_things_under_one_number_are_a_case_and_the_first_holds():
    registered_sample()
    arrived(message(), message(findings=[finding("99", "critical")]))
    assert ResultVersion.objects.get().findings == "Ferritin: 18 ug/L (normal)"
    assert "differs" in LabMessage.objects.get().problem
    assert open_cases().exists()


def test_a_fault_of_ours_loses_nothing_and_repeats_nothing(monkeypatch, caplog):
    def broken(body):
        raise KeyError("Ana Ruiz")

    monkeypatch.setattr(adapters.get("reference"), "results", broken)
    arrived(message())
    assert LabMessage.objects.get().problem == "our own KeyError"
    assert "Ruiz" not in caplog.text


def test_reading_nothing_costs_little(django_assert_num_queries):
    with django_assert_num_queries(2):
        incoming.read_waiting()
