"""Somebody with one name: FHIR's HumanName and ICAO 9303 let either part be missing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from clinical.models import NAMELESS, Patient
from clinical.tests.factories import NO_ROWS_BELOW, PatientFactory
from identity.tests.factories import UserFactory

PATIENTS = "/api/v1/patients/"
ADD = "/admin/clinical/patient/add/"
BORN = {"birth_date": "1985-04-10"}
HEADER = "first_name,last_name,birth_date,email,id\n"
pytestmark = pytest.mark.django_db


def imported(tmp_path, *rows) -> str:
    """What the command says of these rows."""
    path = tmp_path / "patients.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    out, err = StringIO(), StringIO()
    try:
        call_command("import_patients", str(path), stdout=out, stderr=err)
    except CommandError:
        return err.getvalue()
    return out.getvalue()


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(is_superuser=True))
    session = browser.session
    session["access_reasons"] = {"lists": "test", "*": "test"}
    session.save()
    return browser


@pytest.mark.parametrize(
    "names",
    [
        {"first_name": "Suharto", "last_name": ""},
        {"first_name": "", "last_name": "Suharto"},
        {"first_name": "Suharto"},
        {"last_name": "Suharto"},
        {"first_name": "Suharto", "last_name": " \u200b"},
    ],
)
def test_one_name_is_enough(api, names):
    made = api().post(PATIENTS, names | BORN, format="json")
    assert made.status_code == 201
    assert sorted([made.json()["first_name"], made.json()["last_name"]]) == ["", "Suharto"]
    assert str(Patient.objects.get()) == "Suharto"
    assert api().get(PATIENTS, {"search": "suha"}).json()["results"]


@pytest.mark.parametrize(
    "names", [{}, {"first_name": "", "last_name": ""}, {"first_name": " ", "last_name": "\u3164"}]
)
def test_no_name_at_all_is_refused(api, names):
    answer = api().post(PATIENTS, names | BORN, format="json")
    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {"first_name", "last_name"}
    assert {error["detail"] for error in answer.json()["errors"]} == {NAMELESS}


def test_the_last_name_there_is_is_not_taken_away(api):
    suharto = PatientFactory.create(first_name="Suharto", last_name="")
    where = f"{PATIENTS}{suharto.pk}/"
    assert api().patch(where, {"first_name": ""}, format="json").status_code == 400
    assert api().patch(where, {"email": "s@example.com"}, format="json").status_code == 200
    change = {"first_name": "", "last_name": "Suharto"}
    assert api().patch(where, change, format="json").status_code == 200


@pytest.mark.parametrize("sign", [".", "-", "--", "?", "\u2013", "_", "(-)", "\u2026"])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_sign_is_no_name_and_the_refusal_says_what_to_do(api, field, sign):
    body = {"first_name": "Suharto", "last_name": "Suharto"} | BORN | {field: sign}
    (error,) = api().post(PATIENTS, body, format="json").json()["errors"]
    assert (error["attr"], error["code"]) == (field, "no_letter")
    assert "Leave it empty" in error["detail"]


@pytest.mark.parametrize("name", ["J.", "O", "\u5f20", "X-2", "\u0627\u062d\u0645\u062f"])
def test_short_names_and_those_of_all_scripts_are_names(api, name):
    body = {"first_name": name, "last_name": ""} | BORN
    assert api().post(PATIENTS, body, format="json").status_code == 201


def test_by_file_too(tmp_path):
    assert "2 created" in imported(tmp_path, "Suharto,,1985-04-10,,s1", ",Suharto,1985-04-10,,s2")
    assert str(Patient.objects.get(external_id="s2")) == "Suharto"
    refused = imported(tmp_path, ",,1985-04-10,,s3", "Suharto,.,1985-04-10,,s4")
    assert f"line 2, last_name: {NAMELESS}" in refused or NAMELESS in refused
    assert "Leave it empty" in refused
    assert Patient.objects.count() == 2


def test_an_empty_cell_keeps_the_name_there_is(tmp_path):
    imported(tmp_path, "Suharto,Widodo,1985-04-10,,s1")
    assert "1 updated" in imported(tmp_path, "Haji,,1985-04-10,,s1")
    assert str(Patient.objects.get()) == "Haji Widodo"
    assert "1 unchanged" in imported(tmp_path, "Haji,,1985-04-10,,s1")


def test_the_admin_takes_one_name(boss):
    form = {"first_name": "Suharto", "last_name": "", "birth_date": "1985-04-10", "email": ""}
    forms = dict.fromkeys(NO_ROWS_BELOW, 0)
    assert "Leave it empty" in boss.post(ADD, form | forms | {"last_name": "."}).content.decode()
    answer = boss.post(ADD, form | forms | {"first_name": ""})
    assert answer.context["adminform"].form.errors == {"last_name": [NAMELESS]}
    assert not Patient.objects.exists()
    assert boss.post(ADD, form | forms).status_code == 302
    assert str(Patient.objects.get()) == "Suharto"


def test_the_database_keeps_nobody_without_a_name():
    with pytest.raises(IntegrityError), transaction.atomic():
        PatientFactory.create(first_name="", last_name="")
