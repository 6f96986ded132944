"""Partners register kits over HTTP."""

import pytest

from clinical.models import Sample
from core.database import clock
from kits.tests.factories import kit_in, stocked_kit

pytestmark = pytest.mark.django_db
KITS = "/api/v1/kits/"


def body(**changes: object) -> dict[str, object]:
    given = {
        "first_name": "Zqada",
        "last_name": "Zqlove",
        "birth_date": "1985-04-10",
        "sex": "female",
        "collected_at": clock.now().isoformat(),
        "consent_version": "2026-11",
    }
    return given | changes


def test_a_partner_registers_a_kit_and_the_answer_shows_nothing_of_the_person(api):
    kit = kit_in("delivered")
    client = api("kits:read", "kits:write")
    answer = client.post(f"{KITS}{kit.serial}/register/", body(), format="json")
    assert (answer.status_code, answer.json()["state"]) == (200, "registered")
    assert "Zq" not in answer.content.decode()
    assert "1985" not in answer.content.decode()
    sample = Sample.objects.get()
    assert (sample.person, sample.consent_version) == ("Zqada Zqlove", "2026-11")
    again = client.post(f"{KITS}{kit.serial}/register/", body(), format="json")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "illegal_move")


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"birth_date": "2015-04-10"}, "birth_date"),
        ({"birth_date": "1985"}, "birth_date"),
        ({"collected_at": "2999-01-01T00:00:00Z"}, "sampled_at"),
        ({"consent_version": ""}, "consent_version"),
        ({"first_name": "", "last_name": ""}, "last_name"),
        ({"sex": "x"}, "sex"),
        ({"patient": 1}, "patient"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_written(api, changes, attr):
    kit = kit_in("delivered")
    url = f"{KITS}{kit.serial}/register/"
    answer = api("kits:write").post(url, body(**changes), format="json")
    assert answer.status_code == 400, answer.content
    assert attr in [error["attr"] for error in answer.json()["errors"]]
    assert not Sample.objects.exists()


def test_a_kit_of_the_shelf_is_a_conflict(api):
    url = f"{KITS}{stocked_kit().serial}/register/"
    assert api("kits:write").post(url, body(), format="json").status_code == 409
