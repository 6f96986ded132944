"""The worklist in the admin."""

import pytest

from clinical.models import ReadingLimits, Study
from clinical.tests.factories import clinician, performed_study, study_of
from identity.models import AccessRecord
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
LIST = "/admin/clinical/waitingstudy/"
CONFIRMED = {"confirmed": "yes"}


@pytest.fixture
def clara(client):
    person = clinician(username="clara")
    client.force_login(person)
    client.person = person
    return client


def shown(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)


def keys(rows):
    return [row.pk for row in rows]


def test_it_shows_what_waits_by_urgency_and_age_and_leads_to_the_study(clara):
    low, high = performed_study(urgency_level="LOW"), performed_study(urgency_level="HIGH")
    study_of(urgency_level="HIGH")
    answer = clara.get(LIST)
    assert keys(answer.context["cl"].result_list) == [high.pk, low.pk]
    assert f"/admin/clinical/study/{high.pk}/change/" in answer.content.decode()
    leads = clara.get(f"{LIST}{high.pk}/change/")
    assert leads.headers["Location"] == f"/admin/clinical/study/{high.pk}/change/"


def test_who_looks_at_it_is_on_record(clara):
    study = performed_study()
    clara.get(LIST)
    assert AccessRecord.objects.get().patients == [study.patient_id]


def test_the_next_study_is_taken_and_shown(clara):
    performed_study(urgency_level="LOW")
    study = performed_study(urgency_level="HIGH")
    answer = clara.post(f"{LIST}take_next/", {"_form_submitted": "on"})
    assert answer.headers["Location"] == f"/admin/clinical/study/{study.pk}/change/"
    study.refresh_from_db()
    assert study.reader == clara.person


def test_when_none_is_left_it_says_so(clara):
    answer = clara.post(f"{LIST}take_next/", {"_form_submitted": "on"}, follow=True)
    assert "No study waits" in answer.content.decode()


def test_it_is_filtered_by_who_has_taken_what(clara):
    mine, free, theirs = (performed_study() for _ in range(3))
    Study.objects.filter(pk=mine.pk).update(reader=clara.person)
    Study.objects.filter(pk=theirs.pk).update(reader=clinician())
    assert keys(shown(clara, taken="me")) == [mine.pk]
    assert keys(shown(clara, taken="no")) == [free.pk]
    assert len(shown(clara)) == 3


def test_several_are_taken_and_given_back_once_it_was_seen_which_are_left_out(clara):
    first, second = performed_study(), performed_study()
    Study.objects.filter(pk=second.pk).update(reader=clinician(username="other"))
    chosen = {"action": "take_selected", "_selected_action": [first.pk, second.pk]}
    seen = clara.post(LIST, chosen).content.decode()
    assert "1 of 2 would be done" in seen
    assert "Left out: other has taken this study" in seen
    assert not Study.objects.filter(reader=clara.person).exists()
    said = clara.post(LIST, chosen | CONFIRMED, follow=True).content.decode()
    assert "Taken: 1." in said
    assert "other has taken this study" in said
    clara.post(LIST, chosen | CONFIRMED | {"action": "release_selected"})
    assert not Study.objects.exclude(reader=None).exists()


def test_whose_studies_an_action_shows_is_on_record(clara):
    studies = [performed_study() for _ in range(2)]
    performed_study()
    chosen = {"action": "take_selected", "_selected_action": [each.pk for each in studies]}
    clara.post(LIST, chosen)
    assert AccessRecord.objects.get().patients == sorted(each.patient_id for each in studies)


def test_it_takes_the_same_statements_at_any_length(clara, django_assert_max_num_queries):
    clara.get(LIST)
    for size in (1, 12):
        for _ in range(size):
            study = performed_study()
            Study.objects.filter(pk=study.pk).update(reader=clinician())
        with django_assert_max_num_queries(8):
            assert clara.get(LIST).status_code == 200


@pytest.mark.parametrize("role", ["support", "fulfilment", "manager"])
def test_others_see_and_take_nothing(client, role):
    study = performed_study()
    client.force_login(staff(role))
    answers = [
        client.get(LIST),
        client.post(f"{LIST}take_next/", {"_form_submitted": "on"}),
        client.get("/admin/clinical/readinglimits/"),
    ]
    assert {answer.status_code for answer in answers} == {403}
    study.refresh_from_db()
    assert study.reader is None


def test_clinicians_set_after_how_many_hours_a_study_is_overdue(clara):
    page = clara.get("/admin/clinical/readinglimits/", follow=True)
    assert "Overdue after" in page.content.decode()
    clara.post("/admin/clinical/readinglimits/1/change/", {"high": 2, "mid": 8, "low": 0})
    limits = ReadingLimits.current()
    assert (limits.high, limits.mid, limits.low) == (2, 8, 0)
    refused = clara.post(
        "/admin/clinical/readinglimits/1/change/", {"high": 9999, "mid": 8, "low": 0}
    )
    assert refused.status_code == 200
    assert ReadingLimits.current().high == 2
