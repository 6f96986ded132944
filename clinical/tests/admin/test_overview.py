"""A customer's timeline and a patient's page tell clinicians where results are, and no value."""

import pytest

from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message
from customers.tests.factories import CustomerFactory
from identity.models import AccessRecord
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample():
    sample = registered_sample(customer=CustomerFactory.create())
    arrived(message(findings=[finding("4711", "positive")]))
    return sample


def timeline(browser, sample):
    path = f"/admin/customers/customer/{sample.patient.customer_id}/timeline/"
    return browser.get(path).content.decode()


def test_a_clinician_sees_what_became_of_a_result_and_is_on_record(sample):
    shown = timeline(browser_of(clinician()), sample)
    assert "attached" in shown
    assert "held" in shown
    assert "4711" not in shown
    assert AccessRecord.objects.filter(patients=[sample.patient.pk]).exists()


@pytest.mark.parametrize("role", ["support", "manager", "fulfilment"])
def test_nobody_else_sees_that_there_is_one(sample, role):
    assert "/clinical/labresult/" not in timeline(browser_of(staff(role)), sample)
    assert not AccessRecord.objects.filter(patients=[sample.patient.pk]).exists()


def test_a_patients_page_lists_samples_and_results(sample):
    page = f"/admin/clinical/patient/{sample.patient.pk}/change/"
    shown = browser_of(clinician()).get(page).content.decode()
    assert "ancestry" in shown
    assert "held" in shown.lower()
    assert "4711" not in shown
