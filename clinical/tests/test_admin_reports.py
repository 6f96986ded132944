"""Reports in the admin: the buttons of a study's page."""

import pytest

from clinical.models import Study, StudyReport
from clinical.tests.factories import (
    REPORT,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from identity.models import AccessRecord
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


def page(study, verb="change"):
    return f"/admin/clinical/study/{study.pk}/{verb}/"


@pytest.fixture
def clara(client):
    client.force_login(clinician(username="clara"))
    return client


def sent(client, study, verb, **typed):
    return client.post(page(study, verb), {"_form_submitted": "on", **typed}, follow=True)


def test_a_study_is_performed_reported_signed_and_amended_by_its_buttons(clara):
    study = study_of()
    sent(clara, study, "perform")
    sent(clara, study, "write_report", text=REPORT)
    sent(clara, study, "sign", number=1)
    shown = sent(clara, study, "amend", text="Fracture.", reason="Overlooked").content.decode()
    study.refresh_from_db()
    assert study.state == "amended"
    for text in (REPORT, "Fracture.", "Overlooked", "clara"):
        assert text in shown


@pytest.mark.parametrize(
    ("make", "offered"),
    [
        (study_of, {"perform", "cancel", "enter_one_in_error"}),
        (performed_study, {"write_report", "enter_one_in_error"}),
        (reported_study, {"write_report", "sign", "enter_one_in_error"}),
        (signed_study, {"amend", "enter_one_in_error"}),
    ],
)
def test_a_page_offers_what_the_state_allows(clara, make, offered):
    study = make()
    text = clara.get(page(study)).content.decode()
    verbs = ("perform", "write_report", "sign", "amend", "cancel", "enter_one_in_error")
    assert {verb for verb in verbs if page(study, verb) in text} == offered
    for verb in set(verbs) - offered:
        assert clara.get(page(study, verb)).status_code == 403


def test_who_signed_is_shown_and_that_nobody_has(clara):
    assert "nobody yet" in clara.get(page(reported_study())).content.decode()
    study = signed_study()
    signer = study.reports.get().signature.signed_by
    text = clara.get(page(study)).content.decode()
    assert f"{signer}, " in text
    assert "nobody yet" not in text


def test_a_final_study_is_shown_and_not_edited(clara):
    study = signed_study()
    assert 'name="description"' not in clara.get(page(study)).content.decode()
    assert clara.post(page(study), {"description": "other"}).status_code == 403
    assert Study.objects.get().description == study.description


def test_what_is_signed_is_shown_and_a_newer_version_is_not_signed_unread(clara):
    study = reported_study()
    assert REPORT in clara.get(page(study, "sign")).content.decode()
    sent(clara, study, "write_report", text="Second look.")
    said = sent(clara, study, "sign", number=1).content.decode()
    assert "not the last one" in said
    assert Study.objects.get().state == "reported"


def test_who_may_change_but_not_sign_is_offered_no_signature(client):
    from django.contrib.auth.models import Permission

    person, study = staff(username="nurse"), reported_study()
    rights = Permission.objects.filter(codename__in=("view_study", "change_study"))
    person.user_permissions.set(rights)
    client.force_login(person)
    assert client.get(page(study, "write_report")).status_code == 403  # she has not said why
    assert client.get(page(study, "sign")).status_code == 403
    assert client.post(page(study, "sign"), {"number": 1}).status_code == 403
    assert Study.objects.get().state == "reported"


@pytest.mark.parametrize("verb", ["write_report", "sign"])
def test_a_dialog_that_shows_a_report_is_on_record(clara, verb):
    study = reported_study()
    clara.get(page(study, verb))
    assert [record.patients for record in AccessRecord.objects.all()] == [[study.patient_id]]


def test_a_signed_study_is_not_entered_in_error_from_the_list_but_for_a_reason_on_its_page(clara):
    study = signed_study()
    chosen = {"action": "enter_in_error", "_selected_action": [study.pk]}
    sure = chosen | {"confirmed": "yes"}
    said = clara.post("/admin/clinical/study/", sure, follow=True).content.decode()
    assert "must say why" in said
    assert Study.objects.get().state == "final"
    sent(clara, study, "enter_one_in_error", reason="Taken of another patient")
    assert Study.objects.get().state == "entered-in-error"
    assert StudyReport.objects.count() == 1


def test_yesterdays_urgent_studies_are_one_filter_away(clara):
    study = study_of(urgency_level="HIGH")
    day = f"{study.created_at:%Y-%m-%d}"
    query = {"urgency_level__exact": "HIGH", "created_at_from_0": day, "created_at_to_0": day}
    shown = clara.get("/admin/clinical/study/", query).context["cl"].result_list
    assert [row.pk for row in shown] == [study.pk]
    other = query | {"created_at_from_0": "2020-01-01", "created_at_to_0": "2020-01-02"}
    assert not clara.get("/admin/clinical/study/", other).context["cl"].result_list
