"""Who treats nobody says why they look, before they see anything; it is asked once, and kept."""

import pytest
from rest_framework.test import APIClient

from clinical.models import Study
from clinical.tests.factories import PatientFactory, study_of
from identity.access_log.reasons import needs_access_reason
from identity.models import AccessRecord, LinkedAccount
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory, staff
from identity.tests.issuer import shared_issuer

pytestmark = pytest.mark.django_db
LIST = "/admin/clinical/patient/"


def change(patient):
    """The page of a patient."""
    return f"{LIST}{patient.pk}/change/"


@pytest.fixture
def audra(client):
    """An auditor, signed in."""
    user = staff("auditor", username="audra")
    client.force_login(user)
    return user


def test_only_those_who_treat_are_not_asked():
    asked = {role: needs_access_reason(staff(role)) for role in ("clinician", "auditor", "support")}
    assert asked == {"clinician": False, "auditor": True, "support": True}
    assert needs_access_reason(staff(is_superuser=True))
    assert not needs_access_reason(ServiceClientFactory())


def test_the_page_asks_and_one_click_leads_on(client, audra):
    patient = PatientFactory.create()
    asked = client.get(change(patient), follow=True)
    assert "Why are you looking?" in asked.content.decode()
    assert patient.last_name not in asked.content.decode()
    assert not AccessRecord.objects.exists()
    shown = client.post(asked.redirect_chain[0][0], {"reason": "Audit"}, follow=True)
    assert shown.redirect_chain == [(change(patient), 302)]
    assert patient.last_name in shown.content.decode()
    assert AccessRecord.objects.get().reason == "Audit"


def test_it_is_asked_for_each_patient_and_once_in_a_session(client, audra):
    first, second = PatientFactory.create(), PatientFactory.create()
    asked = client.get(change(first)).headers["Location"]
    client.post(asked, {"other": "complaint 4711\x00"})
    for page in ("change", "history", "change"):
        assert client.get(f"{LIST}{first.pk}/{page}/").status_code == 200
    assert AccessRecord.objects.latest("id").reason == "complaint 4711"
    assert "/admin/reason/?for=" in client.get(change(second)).headers["Location"]
    client.post("/admin/logout/")
    client.force_login(audra)
    assert client.get(change(first)).status_code == 302


@pytest.mark.parametrize("page", ["", "?q=Diana"])
def test_lists_and_searches_ask_too(client, audra, page):
    PatientFactory.create()
    asked = client.get(f"{LIST}{page}").headers["Location"]
    shown = client.post(asked, {"reason": "Audit"}, follow=True)
    assert shown.redirect_chain == [(f"{LIST}{page}", 302)]
    assert {read.reason for read in AccessRecord.objects.all()} == {"Audit"}


def test_a_study_asks_for_its_patient(client, audra):
    study = study_of()
    asked = client.get(f"/admin/clinical/study/{study.pk}/change/").headers["Location"]
    assert f"for={study.patient_id}" in asked
    client.post(asked, {"reason": "Audit"})
    assert client.get(f"/admin/clinical/study/{study.pk}/change/").status_code == 200
    assert client.get(change(study.patient)).status_code == 200


def test_no_field_completes_and_no_action_runs_without_a_reason(client):
    client.force_login(staff(is_superuser=True))
    study = study_of()
    query = {"app_label": "clinical", "model_name": "study", "field_name": "patient", "term": ""}
    assert client.get("/admin/autocomplete/", query).status_code == 403
    sent = {"action": "cancel", "_selected_action": [study.pk]}
    assert client.post("/admin/clinical/study/", sent).status_code == 302
    assert Study.objects.get().state == study.state
    assert not AccessRecord.objects.exists()


def test_an_empty_reason_is_none(client, audra):
    asked = client.get(LIST).headers["Location"]
    assert "Choose a reason" in client.post(asked, {"other": "  "}).content.decode()
    assert client.get(LIST).status_code == 302


def test_the_page_leads_nowhere_else(client, audra):
    for after in ("https://evil.example/", "//evil.example/", ""):
        answer = client.post("/admin/reason/", {"reason": "Audit"}, query_params={"next": after})
        assert answer.headers["Location"] == "/admin/"


def test_who_may_not_look_is_refused_and_not_asked(client):
    client.force_login(staff("support"))
    assert client.get(change(PatientFactory.create())).status_code == 403
    assert client.get(LIST).status_code == 403


def test_a_persons_token_says_it_in_a_header():
    patient, person = PatientFactory.create(), staff("auditor")
    LinkedAccount.objects.create(user=person, issuer=shared_issuer().url, subject="audra")
    ServiceClientFactory.create(client_id="a-tool")
    token = shared_issuer().sign(scope=" ".join(SCOPES), sub="audra", client_id="a-tool")
    client, address = APIClient(), f"/api/v1/patients/{patient.pk}/"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    refused = client.get(address)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        403,
        "access_reason_needed",
    )
    assert not AccessRecord.objects.exists()
    assert client.get(address, HTTP_ACCESS_REASON="yearly audit").status_code == 200
    assert AccessRecord.objects.get().reason == "yearly audit"


def test_the_form_of_a_new_study_that_names_its_patient_is_a_read(client):
    client.force_login(staff("clinician"))
    patient = PatientFactory.create()
    text = client.get("/admin/clinical/study/add/", {"patient": patient.pk}).content.decode()
    assert patient.last_name in text
    assert AccessRecord.objects.get().patients == [patient.pk]


def test_who_looked_is_shown_page_by_page(client, api):
    client.force_login(staff("clinician"))
    patient = PatientFactory.create()
    reader = api("clinical:read")
    for number in range(22):
        reader.get(f"/api/v1/patients/{patient.pk}/", HTTP_ACCESS_REASON=f"call {number}.")
    first = client.get(change(patient)).content.decode()
    assert "call 21." in first
    assert "call 0." not in first
    assert "?looked=2" in first
    assert "call 0." in client.get(change(patient), {"looked": 2}).content.decode()
    for nonsense in ("0", "x", "9" * 30):
        assert client.get(change(patient), {"looked": nonsense}).status_code == 200
