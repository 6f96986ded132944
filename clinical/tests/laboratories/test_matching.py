"""A result is attached when serial, birth date and name agree, and never by a name alone."""

from datetime import date

import pytest

from clinical.laboratories import samples
from clinical.laboratories.matching import candidates, certain
from clinical.models import ResultVersion
from clinical.tests.factories import registered_sample
from clinical.tests.laboratories.messages import arrived, message, result_of

pytestmark = pytest.mark.django_db


def version_of(**sample):
    return result_of(message(sample=sample)).versions.get()


def reasons(version):
    return [(each.sample.serial, each.agrees, each.differs) for each in candidates(version)]


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"serial": "k-l"},  # as K1 is typed
        {"name": "RUÍZ, Ana"},
    ],
)
def test_all_three_agree(written):
    sample = registered_sample()
    assert certain(version_of(**written)) == sample


@pytest.mark.parametrize(
    ("wrong", "differs"),
    [
        ({"serial": "K2"}, "another serial"),
        ({"name": "Eva Ruiz"}, "another name"),
        ({"name": "Ana"}, "another name"),
        ({"name": ""}, "another name"),
        ({"birth_date": "1990-05-18"}, "another birth date"),
        ({"birth_date": None}, "another birth date"),
    ],
)
def test_one_that_does_not_leaves_it_to_a_person_who_is_told_which(wrong, differs):
    registered_sample()
    version = version_of(**wrong)
    assert certain(version) is None
    [(serial, agrees, told)] = reasons(version)
    assert (serial, len(agrees), told) == ("K1", 2, (differs,))
    assert version.result.state == "unmatched"


def test_a_name_alone_is_not_even_a_candidate():
    registered_sample()
    assert candidates(version_of(serial="K9", birth_date="1991-01-01")) == []


def test_a_birth_date_alone_is_not_either():
    registered_sample()
    assert candidates(version_of(serial="K9", name="Bob Smith")) == []


def test_a_serial_that_nobody_has_registered_has_no_candidates():
    assert candidates(version_of()) == []


def test_the_likeliest_comes_first():
    registered_sample("K1", first_name="Eva", birth_date=date(1991, 1, 1))
    registered_sample("K2")
    told = [serial for serial, _, _ in reasons(version_of())]
    assert told == ["K2", "K1"]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (samples.withdraw, "the person has withdrawn"),
        (samples.destroy, "the sample is destroyed"),
    ],
)
def test_a_sample_that_has_ended_gets_no_result(end, told):
    end(registered_sample(), by="user:1")
    version = version_of()
    assert certain(version) is None
    assert reasons(version)[0][2] == (told,)


def test_a_sample_has_one_result():
    registered_sample()
    arrived(message(), message(result_id="r-2"))
    first, second = ResultVersion.objects.order_by("id")
    assert (first.result.state, second.result.state) == ("held", "unmatched")
    assert reasons(second)[0][2] == ("it has a result already",)
