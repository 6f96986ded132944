"""Whoever sees something of a patient is on record: every address, from the URL configuration.

An address is about health data by its app, its view or its admin. A look at it shows the marked
patient to whoever may see it, and leaves a line in the access log; or it stands in `SILENT` with
the reason why it shows nothing. A write leaves a line where its answer shows something. All other
addresses show nothing of the marked patient even to a superuser.
"""

import re
from typing import Any

import pytest

from clinical.models import Patient
from identity.models import AccessRecord
from identity.tests.factories import ServiceClientFactory
from identity.tests.issuer import shared_issuer
from tests.matrix.asking import tried
from tests.matrix.cast import ROLES, Cast
from tests.matrix.looks import DOWNLOAD, SILENT, is_silent, looks, shown

pytestmark = pytest.mark.django_db
SEE_NOTHING = "SFM"
ABOUT_HEALTH = sorted(name for name, each in looks().items() if each.is_about_health)
SHOWING = [name for name in ABOUT_HEALTH if not looks()[name].is_write]
WRITING = [name for name in ABOUT_HEALTH if looks()[name].is_write]
OTHERS = sorted(set(looks()) - set(ABOUT_HEALTH))


@pytest.fixture(autouse=True)
def known_issuer(settings):
    """One that can be asked where tokens are had."""
    settings.OIDC_ISSUER = shared_issuer().url


def look(cast: Cast, name: str, letter: str) -> tuple[list[str], bool]:
    """What somebody is shown, and whether the log says that they have seen the marked patient."""
    ServiceClientFactory(client_id="a-tool")
    with tried():
        answer: Any = looks()[name].ask(cast, letter)
        assert answer.status_code < 500, f"{name}: {answer.status_code}"
        marks = shown(answer)
        read = AccessRecord.objects.filter(patients__contains=[cast.key(Patient)])
        actors = set(read.values_list("actor", flat=True))
    assert len(actors) <= 1
    return marks, any(ROLES[letter] in actor for actor in actors)


@pytest.mark.parametrize("name", SHOWING)
def test_what_shows_health_data_is_on_record_and_shown_to_nobody_else(cast, name):
    marks, is_recorded = look(cast, name, "*")
    assert marks or is_silent(name), (
        f"{name} shows nothing of the marked patient: give tests/matrix/cast.py what it would "
        "show, or say in SILENT of tests/matrix/looks.py why it shows nothing"
    )
    assert is_recorded or not marks, f"{name} shows {marks} without a line in the access log"
    for letter in SEE_NOTHING:
        assert look(cast, name, letter) == ([], False), f"{name} for {ROLES[letter]}"


@pytest.mark.parametrize("name", WRITING)
def test_what_a_write_shows_is_on_record_and_shown_to_nobody_else(cast, name):
    """Their answers to what is accepted: tests/api/test_writers_see_ids.py."""
    marks, is_recorded = look(cast, name, "*")
    assert is_recorded or not marks, f"{name} shows {marks} without a line in the access log"
    for letter in SEE_NOTHING:
        assert look(cast, name, letter) == ([], False), f"{name} for {ROLES[letter]}"


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_about_something_else_shows_nothing_of_a_patient(cast, name):
    marks, _ = look(cast, name, "*")
    assert not set(marks) - {DOWNLOAD}, f"{name} shows {marks}"


@pytest.mark.parametrize("pattern", SILENT)
def test_what_is_silent_is_still_there(pattern):
    assert any(re.fullmatch(pattern, name) for name in SHOWING)
