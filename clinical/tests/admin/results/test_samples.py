"""Samples in the admin: who they are of, and what ends them; and messages nobody understands."""

import pytest

from clinical.models import LabMessage, LabResult, Sample
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, message
from identity.models import AccessRecord
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db
LIST = "/admin/clinical/sample/"


@pytest.fixture
def doctor():
    return browser_of(clinician())


def test_a_sample_shows_whose_it_is_and_the_look_is_on_record(doctor):
    sample = registered_sample("K1", first_name="Zqana")
    assert "Zqana" in doctor.get(f"{LIST}{sample.pk}/change/").content.decode()
    assert AccessRecord.objects.filter(patients=[sample.patient.pk], how="detail").exists()
    assert doctor.get(LIST, {"q": "k-l"}).content.decode().count("field-kit_type") == 1
    assert doctor.get(LIST, {"q": "K2"}).content.decode().count("field-kit_type") == 0


@pytest.mark.parametrize(("verb", "state"), [("withdraw", "withdrawn"), ("destroy", "destroyed")])
def test_what_ends_has_a_reason_and_takes_its_result_off(doctor, verb, state):
    sample = registered_sample()
    arrived(message())
    path = f"{LIST}{sample.pk}/{verb}/"
    doctor.post(path, {"reason": "", "_form_submitted": "on"})
    assert Sample.objects.get().state == "registered"
    doctor.post(path, {"reason": "she called us", "_form_submitted": "on"})
    assert Sample.objects.get().state == state
    assert (LabResult.objects.get().state, LabResult.objects.get().sample) == ("unmatched", None)
    assert sample.events.get(kind=state).detail == "she called us"


@pytest.mark.parametrize("role", ["manager", "support", "fulfilment"])
def test_nobody_else_sees_one(role):
    sample = registered_sample()
    browser = browser_of(staff(role))
    for page in ("", f"{sample.pk}/change/", f"{sample.pk}/withdraw/"):
        assert browser.get(f"{LIST}{page}").status_code == 403


@pytest.mark.parametrize(("serial", "is_known"), [("k-l", True), ("K7", False)])
def test_a_look_at_what_nobody_understands_is_on_record_with_whom_it_names(
    doctor, serial, is_known
):
    sample = registered_sample()
    arrived(message(status="odd", sample={"serial": serial}))
    row = LabMessage.objects.get()
    assert "Ana Ruiz" in doctor.get(f"/admin/clinical/labmessage/{row.pk}/change/").content.decode()
    looked = AccessRecord.objects.get(how="detail")
    assert looked.detail == f"message {row.pk} of reference"
    assert looked.patients == ([sample.patient.pk] if is_known else [])


def test_what_nobody_understands_is_read_by_who_may_see_results_before_their_release(doctor):
    arrived(b"<html>Bad gateway \xff</html>", message()[:50])
    first = LabMessage.objects.order_by("id")[0]
    path = f"/admin/clinical/labmessage/{first.pk}/change/"
    assert "Bad gateway" in doctor.get(path).content.decode()
    assert doctor.get("/admin/clinical/labmessage/").content.decode().count("field-problem") == 2
    listed = "/admin/clinical/labmessage/"
    assert doctor.get(listed, {"q": "reference"}).content.decode().count("field-problem") == 2
    assert doctor.get(listed, {"q": "other"}).content.decode().count("field-problem") == 0
    auditor = browser_of(staff("auditor"), access_reasons={"lists": "a test"})
    assert auditor.get(path).status_code == 403
