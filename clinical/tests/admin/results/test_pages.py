"""Results in the admin: a clinician decides and releases; nobody else sees a value before."""

import pytest

from clinical.admin.results.facts import HIDDEN
from clinical.laboratories.informing import call_due
from clinical.laboratories.releasing import acknowledge
from clinical.models import DutyTurn, LabResult, ReleaseRule, Study
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from identity.models import AccessRecord
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db
LIST = "/admin/clinical/labresult/"
POSITIVE = message(findings=[finding("4711", "positive")])
MISSPELT = message(sample={"name": "Anna Ruiz"})


@pytest.fixture
def doctor():
    return browser_of(clinician(username="clara"))


@pytest.fixture
def auditor():
    return browser_of(staff("auditor", username="audra"))


def page(client, result):
    """The page, for whoever has said why they look."""
    session = client.session
    session["access_reasons"] = dict.fromkeys(["lists", str(result.patient_id)], "a test")
    session.save()
    return client.get(f"{LIST}{result.pk}/change/", follow=True).content.decode()


def send(client, result, verb, **given):
    given = {"number": result.number, "_form_submitted": "on"} | given
    return client.post(f"{LIST}{result.pk}/{verb}/", given)


def test_a_clinician_reads_a_held_result_and_releases_it(doctor):
    registered_sample()
    result = result_of(POSITIVE)
    assert "Ferritin: 4711 ug/L (positive)" in page(doctor, result)
    assert "4711" in doctor.get(f"{LIST}{result.pk}/acknowledge/").content.decode()
    send(doctor, result, "acknowledge", reason="reached by phone")
    result.refresh_from_db()
    assert result.state == "released"
    assert Study.objects.get().patient == result.patient


def test_how_the_person_was_reached_must_be_said(doctor):
    registered_sample()
    result = result_of(POSITIVE)
    send(doctor, result, "acknowledge", reason="")
    assert LabResult.objects.get().state == "held"


def test_what_came_meanwhile_is_not_released_unread(doctor):
    registered_sample()
    result = result_of(POSITIVE)
    arrived(message(version=2, findings=[finding("99", "critical")]))
    answer = send(doctor, result, "acknowledge", reason="reached by phone")
    assert LabResult.objects.get().state == "held"
    assert answer.status_code == 302


def test_before_its_release_nobody_else_sees_what_it_says(auditor):
    registered_sample()
    result = result_of(POSITIVE)
    shown = page(auditor, result)
    assert HIDDEN in shown
    assert "4711" not in shown
    assert "positive" not in shown
    assert auditor.get(f"{LIST}{result.pk}/acknowledge/").status_code == 403
    acknowledge(result, 1, "reached by phone", signer=clinician())
    assert "4711" in page(auditor, result)


BEN = {"serial": "K2", "name": "Ben Paz", "birth_date": "1971-02-03"}


def test_a_version_of_somebody_else_is_shown_to_who_may_release_alone_and_on_record(
    doctor, auditor
):
    ReleaseRule.objects.create(kit_type="ancestry")
    ana, ben = registered_sample(), registered_sample("K2", first_name="Ben")
    first = message(sample=BEN, findings=[finding("4711", "critical")])
    result = result_of(first, message(version=2, status="corrected"))
    assert (result.state, result.patient) == ("released", ana.patient)
    shown = page(auditor, result)
    assert "18 ug/L" in shown
    for secret in ("4711", "critical", "Ben Paz", "K2", "1971"):
        assert secret not in shown
    assert not AccessRecord.objects.filter(patients__contains=[ben.patient.pk]).exists()
    assert "4711" in page(doctor, result)
    assert AccessRecord.objects.filter(patients=[ben.patient.pk], how="detail").exists()


def test_who_was_called_is_shown_to_who_may_know_that_it_is_critical(doctor, auditor):
    DutyTurn.objects.create(turn=1, person=clinician())
    registered_sample()
    result = result_of(message(findings=[finding("4711", "critical")]))
    assert call_due() == 1
    assert ">called<" in "".join(page(doctor, result).split())
    assert ">called<" not in "".join(page(auditor, result).split())
    arrived(message(version=2, status="corrected"))
    acknowledge(LabResult.objects.get(), 2, "", signer=clinician())
    assert ">called<" not in "".join(page(auditor, result).split())


def test_an_unmatched_result_shows_whose_it_may_be_and_why(doctor):
    sample = registered_sample()
    result = result_of(MISSPELT)
    shown = page(doctor, result)
    assert "For it: same serial, same birth date. Against it: another name." in shown
    looked = AccessRecord.objects.filter(patients__contains=[sample.patient.pk])
    assert looked.exists()
    send(doctor, result, "attach", serial="k-l", reason="a typing error")
    result.refresh_from_db()
    assert (result.state, result.sample) == ("held", sample)
    send(doctor, result, "detach", reason="her twin after all")
    result.refresh_from_db()
    assert result.state == "unmatched"


def test_no_other_sample_can_be_chosen(doctor):
    registered_sample("K9", first_name="Bob")
    result = result_of(message(sample={"birth_date": "1991-01-01"}))
    for serial in ("K9", "nothing"):
        send(doctor, result, "attach", serial=serial, reason="a typing error")
    assert LabResult.objects.get().state == "unmatched"


def test_what_is_nobodys_is_set_aside_and_looked_at_again(doctor):
    result = result_of(message())
    assert "No sample has its serial" in page(doctor, result)
    send(doctor, result, "set_aside", reason="sent to the wrong customer")
    assert LabResult.objects.get().state == "set-aside"
    send(doctor, result, "reopen", reason="they want it after all")
    assert LabResult.objects.get().state == "unmatched"


def test_the_list_is_found_by_serial_and_costs_the_same_however_long(
    doctor, django_assert_max_num_queries
):
    for number in range(20):
        serial = f"K{number}"
        registered_sample(serial)
        arrived(message(result_id=serial, sample={"serial": serial}))
    with django_assert_max_num_queries(20):
        assert doctor.get(LIST).content.decode().count("field-laboratory") == 20
    found = doctor.get(LIST, {"q": "k-0"}).content.decode()
    assert found.count("field-laboratory") == 1
