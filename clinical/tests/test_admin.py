"""Patients and studies in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from clinical.models import Patient, Study, StudyEvent
from clinical.tests.factories import NO_ROWS_BELOW, PatientFactory, study_of
from customers.tests.factories import CustomerFactory
from identity.tests.factories import UserFactory, actor_named

STUDY = {"urgency_level": "HIGH", "body_part": "NECK", "description": "", "type": "XRAY"}
NO_EVENTS = {
    f"{rows}-{which}_FORMS": 0
    for rows in ("events", "reports", "attachments")
    for which in ("TOTAL", "INITIAL")
}


@pytest.fixture
def staff(client, db):
    """Sign in a person who has these rights."""

    def sign_in(*rights):
        user = UserFactory.create(username="nurse")
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def clinician(staff):
    client = staff()
    UserFactory._meta.model.objects.get(username="nurse").groups.add(
        Group.objects.get(name="clinician")
    )
    return client


def page(model, what="changelist", *args):
    return reverse(f"admin:clinical_{model}_{what}", args=args)


def events(study):
    return list(study.events.values_list("kind", "actor"))


def test_health_data_is_for_those_who_may_see_it(staff):
    """An outsider of the staff is refused everywhere, and nothing changes."""
    study = study_of()
    outsider = staff("view_customer", "change_order")
    for address in (
        page("patient"),
        page("study"),
        page("patient", "change", study.patient_id),
        page("study", "change", study.pk),
        page("patient", "delete", study.patient_id),
        page("study", "add"),
        page("patient", "history", study.patient_id),
    ):
        for answer in (outsider.get(address), outsider.post(address, STUDY)):
            assert answer.status_code == 403
            assert "Diana" not in answer.content.decode()
    assert events(study) == [("created", "user:test")]


def test_who_may_see_patients_alone_sees_no_study(staff):
    study = study_of()
    reader, address = staff("view_patient"), page("patient", "change", study.patient_id)
    reader.post(reader.get(address).headers["Location"], {"reason": "Audit"})
    text = reader.get(address).content.decode()
    assert "Diana Laura" in text
    assert "HIGH DENSITY" not in text


def test_a_patients_page_shows_the_studies_and_leads_to_a_new_one(clinician):
    study = study_of()
    text = clinician.get(page("patient", "change", study.patient_id)).content.decode()
    assert "HIGH DENSITY ON LEFT SIDE" in text
    assert page("study", "change", study.pk) in text
    new = clinician.get(page("patient", "add_study", study.patient_id), follow=True)
    assert new.context["adminform"].form.initial["patient"] == str(study.patient_id)


def test_saving_a_patient_in_the_admin_keeps_its_limits(clinician):
    values = {"first_name": "Ana", "last_name": "Paz", "birth_date": "1899-01-01", "email": ""}
    values |= dict.fromkeys(NO_ROWS_BELOW, "0")
    refused = clinician.post(page("patient", "add"), values)
    assert "Give a birth date from 1900" in refused.content.decode()
    assert not Patient.objects.exists()
    clinician.post(page("patient", "add"), values | {"birth_date": "1990-01-01"})
    assert Patient.objects.get().external_id is None


def test_a_study_made_in_the_admin_has_its_event(clinician):
    patient = PatientFactory.create()
    answer = clinician.post(page("study", "add"), STUDY | NO_EVENTS | {"patient": patient.pk})
    assert answer.status_code == 302
    assert events(Study.objects.get()) == [("created", actor_named("nurse"))]
    assert LogEntry.objects.get().object_id == str(Study.objects.get().pk)


def test_a_study_changed_in_the_admin_has_its_event_and_keeps_its_patient(clinician):
    study, other = study_of(), PatientFactory.create()
    change = page("study", "change", study.pk)
    assert clinician.get(change).status_code == 200
    clinician.post(change, STUDY | NO_EVENTS | {"patient": other.pk})
    saved = Study.objects.get()
    assert (saved.type, saved.patient_id) == ("XRAY", study.patient_id)
    event = StudyEvent.objects.latest("id")
    assert (event.kind, event.actor) == ("updated", actor_named("nurse"))
    assert event.detail == "body_part, description, type, urgency_level"


def test_saving_without_a_change_leaves_no_event(clinician):
    study = study_of()
    same = {name: getattr(study, name) for name in STUDY}
    clinician.post(page("study", "change", study.pk), same | NO_EVENTS)
    assert events(study) == [("created", "user:test")]


@pytest.mark.parametrize(
    ("action", "state", "kind"),
    [
        ("perform_selected", "performed", "performed"),
        ("cancel_selected", "cancelled", "cancelled"),
        ("enter_in_error", "entered-in-error", "deleted"),
    ],
)
def test_an_action_moves_studies_once_and_says_what_it_could_not(clinician, action, state, kind):
    studies = [study_of(), study_of()]
    chosen = {"action": action, "_selected_action": [study.pk for study in studies]}
    seen = clinician.post(page("study"), chosen).content.decode()
    assert "Nothing is done yet. 2 of 2 would be done." in seen
    assert set(Study.objects.values_list("state", flat=True)) == {"registered"}
    clinician.post(page("study"), chosen | {"confirmed": "yes"})
    again = clinician.post(page("study"), chosen | {"confirmed": "yes"}, follow=True)
    assert set(Study.objects.values_list("state", flat=True)) == {state}
    for study in studies:
        assert events(study) == [("created", "user:test"), (kind, actor_named("nurse"))]
    assert "it cannot become" in again.content.decode()


def test_actions_need_the_right_to_change(staff):
    study = study_of()
    chosen = {"action": "cancel_selected", "_selected_action": [study.pk], "confirmed": "yes"}
    staff("view_study").post(page("study"), chosen)
    assert events(study) == [("created", "user:test")]


def test_a_study_entered_in_error_is_only_looked_at(clinician):
    study = study_of()
    chosen = {"action": "enter_in_error", "_selected_action": [study.pk], "confirmed": "yes"}
    clinician.post(page("study"), chosen)
    change = page("study", "change", study.pk)
    assert "HIGH DENSITY" in clinician.get(change).content.decode()
    assert clinician.post(change, STUDY | NO_EVENTS).status_code == 403
    assert clinician.get(page("study", "delete", study.pk)).status_code == 403


def test_nobody_is_deleted(clinician):
    study, other = study_of(), PatientFactory.create()
    for pk in (study.patient_id, other.pk):
        assert clinician.post(page("patient", "delete", pk), {"post": "yes"}).status_code == 403
    assert Patient.objects.current().count() == 2


@pytest.mark.parametrize("model", ["patient", "study"])
def test_lists_take_the_same_queries_at_any_size(clinician, django_assert_max_num_queries, model):
    clinician.get(page(model))  # the session is put down once
    for size in (1, 12):
        for patient in PatientFactory.create_batch(size, customer=CustomerFactory.create()):
            study_of(patient)
        with django_assert_max_num_queries(8):
            assert clinician.get(page(model)).status_code == 200


@pytest.mark.parametrize(
    ("text", "found"), [("toro", 1), ("jo ES", 1), ("x-9", 1), ("oro", 0), ("', |", 0), ("\0", 2)]
)
def test_patients_and_studies_are_found_by_the_patient(clinician, text, found):
    study_of(PatientFactory.create(last_name="Del Toro", external_id="x-9"))
    study_of(PatientFactory.create(first_name="Jose", last_name="Esparza", email=""))
    for model in ("patient", "study"):
        results = clinician.get(page(model), {"q": text}).context["cl"].result_list
        assert len(results) == found
