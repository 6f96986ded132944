import pytest

from clinical.models import Patient, PatientMerge, Study
from clinical.patients.merging import merge
from clinical.services import create_study
from clinical.tests.factories import NO_ROWS_BELOW, PatientFactory, study_of
from identity.models import AccessRecord
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
ADMIN = "/admin/clinical/patient/"
WHY = {"reason": "entered twice"}


@pytest.fixture
def clinician(client):
    client.force_login(staff("clinician"))
    return client


@pytest.fixture
def pair():
    survivor = PatientFactory.create(first_name="Ana", last_name="Paz", email="")
    merged = PatientFactory.create(first_name="Ana", last_name="Paz", email="ana@ejemplo.com")
    study_of(merged)
    return survivor, merged


def text(answer):
    return answer.content.decode()


def person(**changes):
    typed = {"first_name": "Ana", "last_name": "Paz", "birth_date": "1988", "email": ""}
    return dict.fromkeys(NO_ROWS_BELOW, 0) | typed | changes


def test_entering_somebody_twice_is_warned_of_and_may_be_meant(clinician, pair):
    answer = clinician.post(f"{ADMIN}add/", person())
    assert answer.status_code == 200
    page = text(answer)
    assert "Somebody like this is on record" in page
    for patient in pair:
        assert f"{ADMIN}{patient.pk}/change/" in page
    keys = sorted((patient.pk for patient in pair), reverse=True)
    assert AccessRecord.objects.get().patients == sorted(keys)
    assert Patient.objects.count() == 2
    mark = ",".join(map(str, keys))
    assert f'value="{mark}"' in page
    assert clinician.post(f"{ADMIN}add/", person(another_person="7")).status_code == 200
    assert clinician.post(f"{ADMIN}add/", person(another_person=mark)).status_code == 302
    assert Patient.objects.count() == 3


def test_nobody_like_this_is_no_warning(clinician, pair):
    assert clinician.post(f"{ADMIN}add/", person(first_name="Eva")).status_code == 302


def test_a_change_of_something_else_is_not_warned_of(clinician, pair):
    survivor, merged = pair
    where = f"{ADMIN}{survivor.pk}/change/"
    same = person(birth_date=survivor.born.written())
    assert clinician.post(where, same).status_code == 302
    assert "Somebody like this" in text(clinician.post(where, same | {"email": merged.email}))


def test_the_page_of_a_merge_offers_who_is_alike_and_shows_both_before_anything(clinician, pair):
    survivor, merged = pair
    where = f"{ADMIN}{survivor.pk}/merge/"
    assert f"?other={merged.pk}" in text(clinician.get(where))
    page = text(clinician.get(where, {"other": merged.pk}))
    assert "ana@ejemplo.com" in page
    assert "1 study and 0 identifiers" in page
    assert {tuple(sorted(r.patients)) for r in AccessRecord.objects.all()} >= {
        tuple(sorted((survivor.pk, merged.pk)))
    }
    assert not PatientMerge.objects.exists()


def test_what_was_seen_is_merged_and_what_was_changed_meanwhile_is_shown_again(clinician, pair):
    survivor, merged = pair
    where = f"{ADMIN}{survivor.pk}/merge/?other={merged.pk}"
    seen = clinician.get(where).context["form"].initial["seen"]
    typed = {"seen": seen, "email": "merged", **WHY}
    study_of(merged)
    answer = clinician.post(where, typed)
    assert "changed meanwhile" in text(answer)
    assert not PatientMerge.objects.exists()
    again = {**typed, "seen": answer.context["form"].initial["seen"]}
    assert "This field is required" in text(clinician.post(where, {**again, "reason": ""}))
    assert clinician.post(where, again).status_code == 302
    survivor.refresh_from_db()
    assert (survivor.email, survivor.studies.count()) == ("ana@ejemplo.com", 2)


@pytest.mark.parametrize("other", ["x", "0", "999999", "%2B5", "SELF"])
def test_no_other_record_is_the_page_that_asks_for_one(clinician, pair, other):
    key = pair[0].pk
    other = str(key) if other == "SELF" else other
    page = clinician.get(f"{ADMIN}{key}/merge/?other={other}")
    assert (page.status_code, page.context["other"]) == (200, None)


def test_a_merged_record_says_where_it_is_and_comes_back(clinician, pair):
    survivor, merged = pair
    merge(survivor, merged, take=["email"], by="user:x", reason="entered twice")
    study = Study(patient=survivor, urgency_level="HIGH", body_part="NECK", type="XRAY")
    later = create_study(study, by="user:x")
    assert "merged into record <a" in text(clinician.get(f"{ADMIN}{merged.pk}/change/"))
    assert "“entered twice”" in text(clinician.get(f"{ADMIN}{survivor.pk}/change/"))
    where = f"{ADMIN}{merged.pk}/unmerge/"
    assert "NECK" in text(clinician.get(where))
    sent = {"_form_submitted": "on", "reason": "two people", "studies": [later.pk]}
    assert clinician.post(where, sent).status_code == 302
    merged.refresh_from_db()
    assert (merged.merged_into, merged.studies.count()) == (None, 2)
    assert PatientMerge.objects.get().undo_reason == "two people"


@pytest.mark.parametrize("page", ["merge", "unmerge"])
def test_an_outsider_is_refused_and_nothing_is_changed(client, pair, page):
    survivor, merged = pair
    if page == "unmerge":
        merge(survivor, merged, take=[], by="user:x", reason="entered twice")
    for role in ("auditor", "support", "manager"):
        client.force_login(staff(role))
        for patient in pair:
            where = f"{ADMIN}{patient.pk}/{page}/"
            assert client.get(where).status_code == 403
            assert client.post(where, {"_form_submitted": "on", **WHY}).status_code == 403
    assert PatientMerge.objects.filter(undone_at__isnull=True).count() == (page == "unmerge")
