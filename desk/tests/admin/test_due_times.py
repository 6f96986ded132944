"""The page on which staff set how soon exceptions are due."""

import pytest

from core import cases
from desk.exceptions.due_times import due_times
from desk.models import CaseDueTime
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db
LIST = "/admin/desk/caseduetime/"
KIND = "shipment-rejected"


def page_of(kind: str) -> str:
    return f"{LIST}{CaseDueTime.objects.get(kind=kind).pk}/change/"


def test_every_kind_that_one_may_see_is_listed_with_what_holds(django_assert_max_num_queries):
    mona = browser_of(staff("manager"))
    page = mona.get(LIST).content.decode()
    assert cases.kind(KIND).label in page
    assert cases.kind("study-overdue").label not in page
    assert f"{due_times()[KIND].total_seconds() / 3600:.0f} h" in page
    with django_assert_max_num_queries(8):
        mona.get(LIST)


def test_a_time_is_set_kept_in_the_history_and_given_up_again():
    mona = browser_of(staff("manager", username="mona"))
    mona.get(LIST)
    mona.post(page_of(KIND), {"hours": "3"})
    assert due_times()[KIND].total_seconds() == 3 * 3600
    history = mona.get(page_of(KIND).replace("change", "history")).content.decode()
    assert "mona" in history
    mona.post(page_of(KIND), {"hours": ""})
    assert due_times()[KIND] == cases.kind(KIND).due_within


@pytest.mark.parametrize("hours", ["0", "-1", "2209", "x", "1.5", "9" * 30])
def test_what_is_no_time_is_refused_in_words(hours):
    mona = browser_of(staff("manager"))
    mona.get(LIST)
    answer = mona.post(page_of(KIND), {"hours": hours})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["hours"]
    assert due_times()[KIND] == cases.kind(KIND).due_within


def test_clinicians_set_those_of_studies_and_others_look():
    mona = browser_of(staff("manager"))
    mona.get(LIST)
    clara = browser_of(staff("clinician"))
    assert clara.post(page_of("study-overdue"), {"hours": "2"}).status_code == 302
    assert due_times()["study-overdue"].total_seconds() == 2 * 3600
    assert mona.get(page_of("study-overdue")).status_code == 302, "to the list: not theirs"
    for role in ("support", "fulfilment", "auditor"):
        other = browser_of(staff(role))
        assert other.get(page_of(KIND)).status_code == 200
        assert other.post(page_of(KIND), {"hours": "2"}).status_code == 403
    assert due_times()[KIND] == cases.kind(KIND).due_within
