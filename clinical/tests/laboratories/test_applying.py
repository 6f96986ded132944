"""A result is a fold over its versions, whatever their order, and is one person's or nobody's."""

import random
from collections import Counter
from datetime import date
from functools import partial
from itertools import permutations
from multiprocessing import get_context

import pytest
from django.db import connections

from clinical.laboratories import incoming, samples
from clinical.laboratories.applying import UNMATCHED, effective
from clinical.models import LabResult, ResultVersion, Sample
from clinical.tests.factories import registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from core import cases
from core.cases.models import Case
from core.sweeper import reconcile
from core.tests.beside import at_once

pytestmark = pytest.mark.django_db
STORY = (
    message(version=1, status="preliminary"),
    message(version=2, status="final", findings=[finding("19")]),
    message(version=3, status="corrected", findings=[finding("91", "positive")]),
)


def open_cases():
    kind = Case.objects.filter(kind=UNMATCHED, closed_at=None)
    return set(kind.values_list("subject_id", flat=True))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_versions_come_makes_no_difference(order):
    sample = registered_sample()
    result = result_of(*(STORY[each] for each in order), *STORY)
    assert (result.number, result.flag, result.state) == (3, "positive", "held")
    assert (result.sample, result.patient) == (sample, sample.patient)
    assert result.versions.count() == 3


def test_a_preliminary_version_counts_only_while_there_is_no_other():
    versions = [
        ResultVersion(number=1, status="final"),
        ResultVersion(number=2, status="preliminary"),
    ]
    assert effective(versions).number == 1
    assert effective(versions[1:]).number == 2


def test_a_preliminary_result_waits_for_the_final_one():
    registered_sample()
    assert result_of(STORY[0]).state == "waiting"
    assert result_of(STORY[1]).state == "held"


def test_a_critical_one_waits_for_nothing():
    registered_sample()
    critical = message(status="preliminary", findings=[finding("1", "critical")])
    assert result_of(critical).state == "held"


def test_a_cancelled_result_is_cancelled_until_it_is_corrected():
    registered_sample()
    assert result_of(STORY[0], message(version=2, status="cancelled")).state == "cancelled"
    assert result_of(STORY[2]).state == "held"


def test_the_sample_of_a_cancelled_result_may_get_another():
    sample = registered_sample()
    arrived(message(), message(version=2, status="cancelled"), message(result_id="r-2"))
    assert LabResult.objects.get(sample=sample, state="held").reference == "r-2"
    arrived(message(version=3, status="corrected"))
    assert LabResult.objects.get(reference="r-1").state == "unmatched"


def test_a_version_that_names_somebody_else_is_matched_anew():
    registered_sample()
    other = registered_sample("K2", first_name="Eva")
    mixed_up = message(version=2, sample={"serial": "K2", "name": "Eva Ruiz"})
    assert result_of(message(), mixed_up).sample == other
    result = result_of(message(version=3, sample={"serial": "K2"}))
    assert (result.state, result.sample, result.patient) == ("unmatched", None, None)
    assert open_cases() == {result.pk}


def test_what_nobody_can_place_is_a_case_until_it_is_placed():
    result = result_of(message())
    assert (result.state, open_cases()) == ("unmatched", {result.pk})
    assert not any(reconcile().values())
    registered_sample()
    assert result_of(message(version=2)).state == "held"
    assert not open_cases()


def test_no_text_of_a_case_or_an_event_tells_who_or_what():
    result = result_of(message())
    case = Case.objects.get()
    texts = [case.title, case.happened, case.said, *(event.detail for event in result.events.all())]
    assert not [text for text in texts if "Ruiz" in text or "Ferritin" in text or "K1" in text]
    assert cases.kind(UNMATCHED).view_permission == "clinical.view_labresult"


def test_a_result_that_nobody_has_seen_is_taken_off_a_sample_that_ends():
    sample = registered_sample()
    result = result_of(message())
    samples.withdraw(sample, by="user:1", reason="by phone")
    result.refresh_from_db()
    assert (result.state, result.sample) == ("unmatched", None)
    assert result.patient == sample.patient  # an erasure has to find it
    assert open_cases() == {result.pk}


@pytest.mark.django_db(transaction=True)
def test_a_result_and_a_withdrawal_at_once_leave_no_result_on_the_sample():
    for number in range(5):
        serial = f"K{number}"
        sample = registered_sample(serial)
        incoming.store("reference", message(result_id=serial, sample={"serial": serial}))
        at_once(incoming.read_waiting, partial(samples.withdraw, sample, by="user:1"))
        incoming.read_waiting()
    assert set(Sample.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert not LabResult.objects.exclude(state="unmatched", sample=None).exists()


PEOPLE, TWINS = 300, 100


def _person(number: int) -> dict[str, str]:
    """Somebody whose name nobody else has, born in 1990 as many others are."""
    return {
        "serial": f"S{number}",
        "name": f"Ana{number} Ruiz",
        "birth_date": date(1990, 1 + number % 12, 1 + number % 28).isoformat(),
    }


def _twin(number: int) -> bytes:
    """A result that is nearly somebody's: one of the three is a twin's or a typing error's."""
    person = _person(number)
    another = [
        {"name": f"Eva{number} Ruiz"},
        {"birth_date": "1991-01-01"},
        {"serial": f"T{number}"},
        {"serial": f"S{number + 1}"},
    ][number % 4]
    return message(result_id=f"twin-{number}", sample=person | another)


def read_by_two_processes() -> None:
    """Both begin at once with all that waits."""
    connections.close_all()  # a child may not have its parent's
    fork = get_context("fork")
    readers = [fork.Process(target=incoming.read_waiting) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(100)
    assert [reader.exitcode for reader in readers] == [0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_thousand_messages_shuffled_doubled_and_read_twice_at_once_are_each_ones_own():
    """None is lost, none there twice, none somebody else's; a hundred near-twins are nobody's."""
    for number in range(PEOPLE + 1):
        person = _person(number)
        registered_sample(
            person["serial"],
            first_name=f"Ana{number}",
            birth_date=date.fromisoformat(person["birth_date"]),
        )
    posted = [_twin(number) for number in range(TWINS)]
    for number in range(TWINS, PEOPLE):
        of_one = {"result_id": f"r-{number}", "sample": _person(number)}
        posted += [
            message(**of_one, status="preliminary"),
            message(**of_one, version=2, findings=[finding(str(number))]),
            message(**of_one, version=3, status="corrected", findings=[finding(f"{number}.5")]),
        ]
    posted += posted[::2]  # doubled
    random.Random(14).shuffle(posted)
    assert len(posted) >= 1000
    half = len(posted) // 2
    for part in (posted[:half], posted[half:]):
        for body in part:
            incoming.store("reference", body)
        read_by_two_processes()
        incoming.read_waiting()
    states = Counter(LabResult.objects.values_list("state", flat=True))
    assert states == {"held": PEOPLE - TWINS, "unmatched": TWINS}
    assert ResultVersion.objects.count() == 3 * (PEOPLE - TWINS) + TWINS
    for result in LabResult.objects.filter(state="held").select_related("sample"):
        own = result.reference.removeprefix("r-")
        assert result.sample
        assert result.sample.serial == f"S{own}"
        assert result.sample.first_name == f"Ana{own}"
        holds = result.versions.get(number=result.number)
        assert holds.findings == f"Ferritin: {own}.5 ug/L (normal)"
