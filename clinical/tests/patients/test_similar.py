from datetime import date

import pytest

from clinical.births import Born, Precision
from clinical.models import Patient
from clinical.patients.similar import (
    SAME_DAY,
    SAME_EMAIL,
    SAME_IDENTIFIER,
    SAME_NAMES,
    fits,
    similar_patients,
)
from clinical.tests.factories import PatientFactory
from core.database import clock

pytestmark = pytest.mark.django_db
BORN = date(1985, 4, 10)


def who(first, last, born=BORN, precision=Precision.DAY, **others):
    names = {"first_name": first, "last_name": last}
    return Patient(birth_date=born, birth_date_precision=precision, **names, **others)


@pytest.fixture
def jose():
    return PatientFactory.create(
        first_name="José", last_name="García-Ruiz", birth_date=BORN, email="jose@ejemplo.com"
    )


@pytest.mark.parametrize(
    ("person", "reasons"),
    [
        (who("José", "García-Ruiz"), [SAME_NAMES]),
        (who("GARCIA RUIZ", "jose"), [SAME_NAMES]),
        (who("Jose\u0301", "Garci\u0301a Ruiz"), [SAME_NAMES]),
        (who("José", "García-Ruiz", date(1985, 4, 1), Precision.MONTH), [SAME_NAMES]),
        (who("José", "García-Ruiz", date(1985, 1, 1), Precision.YEAR), [SAME_NAMES]),
        (who("José", "García-Ruiz", date(1985, 5, 1), Precision.MONTH), []),
        (who("José", "García-Ruiz", date(1986, 4, 10)), []),
        (who("Josef", "García"), [SAME_DAY]),
        (who("Josef", "García", date(1986, 4, 10)), []),
        (who("Ana", "Paz"), []),
        (who("Ana", "Paz", date(1990, 1, 1), email="JOSE@ejemplo.com"), [SAME_EMAIL]),
        (who("José", "García-Ruiz", email="jose@ejemplo.com"), [SAME_NAMES, SAME_EMAIL]),
    ],
)
def test_somebody_like_this_is_named_with_the_reasons(jose, person, reasons):
    similar = similar_patients(person)
    assert [list(each.reasons) for each in similar] == ([reasons] if reasons else [])
    assert {each.patient for each in similar} <= {jose}


def test_one_name_is_compared_as_a_name():
    suharto = PatientFactory.create(first_name="Suharto", last_name="", birth_date=BORN)
    [similar] = similar_patients(who("", "Suharto"))
    assert (similar.patient, similar.reasons) == (suharto, (SAME_NAMES,))


def test_the_same_value_of_any_system_is_a_likeness(jose):
    jose.identifiers.create(system="urn:one", value="AB 12")
    [similar] = similar_patients(who("Ana", "Paz", date(1990, 1, 1)), ["ab12"])
    assert similar.reasons == (SAME_IDENTIFIER,)


def test_the_archived_count_and_the_merged_and_oneself_do_not(jose):
    jose.archived_at = clock.now()
    jose.save()
    assert similar_patients(who("José", "García-Ruiz"))
    jose.merged_into = PatientFactory.create()
    jose.save()
    assert not similar_patients(who("José", "García-Ruiz"))
    other = PatientFactory.create(first_name="Eva", last_name="Paz")
    assert not similar_patients(other)


def test_the_most_alike_come_first_and_few_at_once(jose, django_assert_max_num_queries):
    for _ in range(6):
        PatientFactory.create(first_name="José", last_name="Paz", birth_date=BORN)
    with django_assert_max_num_queries(4):
        similar = similar_patients(who("José", "García-Ruiz", email=jose.email), ["x"])
    assert len(similar) == 5
    assert similar[0].patient == jose


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ((1985, 1, 1, "year"), (1985, 12, 31, "day"), True),
        ((1985, 1, 1, "year"), (1986, 1, 1, "day"), False),
        ((1985, 4, 1, "month"), (1985, 4, 30, "day"), True),
        ((1985, 4, 1, "month"), (1985, 1, 1, "year"), True),
        ((1985, 4, 10, "day"), (1985, 4, 11, "day"), False),
    ],
)
def test_birth_dates_fit_as_far_as_they_are_known(one, other, both):
    first, second = (Born(date(*each[:3]), Precision(each[3])) for each in (one, other))
    assert fits(first, second) is fits(second, first) is both
