"""Birth dates of which the year or the month alone is known (FHIR's `date`)."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission

from clinical.births import Precision
from clinical.imports.patients import PatientImporter
from clinical.models import Patient
from clinical.patients.services import update_patient
from clinical.tests.factories import NO_ROWS_BELOW, PatientFactory
from core.api.schema import document
from core.imports import run
from identity.tests.factories import UserFactory

PATIENTS = "/api/v1/patients/"
NAME = {"first_name": "Amina"}
ADMIN = "/admin/clinical/patient/"
NO_STUDIES = dict.fromkeys(NO_ROWS_BELOW, 0)
FORMS = [
    ("1985", "1985-01-01", "year", "1985"),
    ("1985-04", "1985-04-01", "month", "Apr 1985"),
    ("1985-04-10", "1985-04-10", "day", "10 Apr 1985"),
]
WRONG = ["85", "198", "1985-", "1985-4", "1985-13", "1985-04-", "1985 04", "04/1985", "198504"]
WRONG += ["1899", "1899-12", "2999", "2999-01", "0000", "9999-12"]
pytestmark = pytest.mark.django_db


def born(patient=None):
    """What is kept: the day, and how much of it is known."""
    patient = patient or Patient.objects.get()
    patient.refresh_from_db()
    return str(patient.birth_date), patient.birth_date_precision


def known(precision, day=date(1985, 1, 1)):
    return PatientFactory.create(birth_date=day, birth_date_precision=precision)


def imported(cell):
    file = f"first_name,last_name,birth_date,email,id\nAmina,,{cell},,7\n"
    report = run(PatientImporter(), BytesIO(file.encode()), by="user:test")
    return report.ok, report.created, report.updated, report.unchanged


@pytest.fixture
def browser(client):
    """A browser in which somebody of these rights is signed in, and has said why."""

    def sign_in(*rights):
        user = UserFactory.create(is_superuser=not rights)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client.force_login(user)
        session = client.session
        asked = ["lists", *Patient.objects.values_list("pk", flat=True)]
        session["access_reasons"] = {str(key): "test" for key in asked}
        session.save()
        return client

    return sign_in


@pytest.mark.parametrize(("written", "day", "precision", "shown"), FORMS)
def test_the_api_takes_what_is_known_and_shows_how_much_that_is(
    api, written, day, precision, shown
):
    made = api().post(PATIENTS, NAME | {"birth_date": written}, format="json")
    assert made.status_code == 201, made.json()
    assert (made.json()["birth_date"], made.json()["birth_date_precision"]) == (day, precision)
    assert born() == (day, precision)
    put = api().put(f"{PATIENTS}{made.json()['id']}/", _sent_back(made.json()), format="json")
    assert (put.status_code, born()) == (200, (day, precision))


def _sent_back(shown):
    return {name: value for name, value in shown.items() if name not in ("id", "studies")}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_birth_date_is_refused_at_every_door(api, browser, wrong):
    answer = api().post(PATIENTS, NAME | {"birth_date": wrong}, format="json")
    assert [error["attr"] for error in answer.json()["errors"]] == ["birth_date"]
    assert not imported(wrong)[0]
    page = browser().post(f"{ADMIN}add/", NAME | NO_STUDIES | {"birth_date": wrong})
    assert list(page.context["adminform"].form.errors) == ["birth_date"]
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("written", "precision", "kept"),
    [
        ("1985", "year", ("1985-01-01", "year")),
        ("1985-01-01", "year", ("1985-01-01", "year")),
        ("1985-04-01", "month", ("1985-04-01", "month")),
        ("1985-04-10", "day", ("1985-04-10", "day")),
        ("1985-04-10", "year", None),
        ("1985-04-01", "year", None),
        ("1985-04-10", "month", None),
        ("1985-04", "year", None),
        ("1985", "month", None),
        ("1985", "day", None),
    ],
)
def test_a_precision_beside_the_date_must_agree(api, written, precision, kept):
    body = NAME | {"birth_date": written, "birth_date_precision": precision}
    answer = api().post(PATIENTS, body, format="json")
    if kept:
        assert (answer.status_code, born()) == (201, kept)
    else:
        (error,) = answer.json()["errors"]
        assert (error["attr"], error["code"]) == ("birth_date_precision", "precision")


@pytest.mark.parametrize("wrong", ["decade", "", None, 4, [], "DAY"])
def test_a_precision_that_there_is_not_is_refused(api, wrong):
    body = NAME | {"birth_date": "1985", "birth_date_precision": wrong}
    (error,) = api().post(PATIENTS, body, format="json").json()["errors"]
    assert error["attr"] == "birth_date_precision"


def test_a_change_of_the_date_alone_changes_how_much_is_known(api):
    patient = known("year")
    for written, day, precision, _ in [*FORMS, FORMS[0]]:
        answer = api().patch(f"{PATIENTS}{patient.pk}/", {"birth_date": written}, format="json")
        assert (answer.status_code, born(patient)) == (200, (day, precision))
    api().patch(f"{PATIENTS}{patient.pk}/", {"email": "a@example.com"}, format="json")
    assert born(patient) == ("1985-01-01", "year")


def test_who_knows_no_precisions_and_sends_a_date_back_leaves_it_as_it_is(api):
    patient = known("year")
    body = {"first_name": "Amina", "birth_date": "1985-01-01"}
    assert api().put(f"{PATIENTS}{patient.pk}/", body, format="json").status_code == 200
    assert born(patient) == ("1985-01-01", "year")
    day = {"birth_date": "1985-01-01", "birth_date_precision": "day"}
    assert api().patch(f"{PATIENTS}{patient.pk}/", day, format="json").status_code == 200
    assert born(patient) == ("1985-01-01", "day")


@pytest.mark.parametrize("precision", Precision.values)
def test_a_precision_alone_changes_nothing(api, precision):
    """The date that it would be about may have been changed meanwhile."""
    patient = known("year")
    change = {"birth_date_precision": precision}
    answer = api().patch(f"{PATIENTS}{patient.pk}/", change, format="json")
    assert answer.status_code == (200 if precision == "year" else 400)
    assert born(patient) == ("1985-01-01", "year")
    if answer.status_code == 400:
        assert "Send birth_date with it" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("1985", ["April", "New Year", "the tenth", "year"]),
        ("1985-04", ["April", "the tenth"]),
        ("1985-04-10", ["the tenth"]),
        ("1985-01", ["New Year"]),
        ("1985-01-01", ["New Year"]),
        ("9999-12", []),
        ("", ["April", "New Year", "later", "the tenth", "year"]),
    ],
)
def test_a_filter_finds_whom_it_is_known_of(api, query, found):
    for name, day, precision in [
        ("year", date(1985, 1, 1), "year"),
        ("New Year", date(1985, 1, 1), "day"),
        ("April", date(1985, 4, 1), "month"),
        ("the tenth", date(1985, 4, 10), "day"),
        ("later", date(1986, 1, 1), "year"),
    ]:
        PatientFactory.create(last_name=name, birth_date=day, birth_date_precision=precision)
    page = api("clinical:read").get(PATIENTS, {"birth_date": query}).json()
    assert sorted(row["last_name"] for row in page["results"]) == found


def test_the_document_says_what_is_taken_and_what_is_shown():
    text = document("json")
    assert b"BirthDatePrecisionEnum" in text
    assert b'"pattern":"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"' in text.replace(b'": ', b'":')


@pytest.mark.parametrize(("written", "day", "precision", "shown"), FORMS)
def test_a_file_brings_what_is_known_and_again_nothing(written, day, precision, shown):
    assert imported(written) == (True, 1, 0, 0)
    assert born() == (day, precision)
    assert imported(written) == (True, 0, 0, 1)
    assert imported("") == (True, 0, 0, 1)
    assert born() == (day, precision)


def test_a_file_that_knows_more_or_less_is_an_update():
    imported("1985-01-01")
    assert imported("1985") == (True, 0, 1, 0)
    assert born() == ("1985-01-01", "year")
    assert imported("1985-01") == (True, 0, 1, 0)
    assert born() == ("1985-01-01", "month")
    assert imported("1985-01-01") == (True, 0, 1, 0)
    assert born() == ("1985-01-01", "day")


@pytest.mark.parametrize(("written", "day", "precision", "shown"), FORMS)
def test_the_admin_takes_it_and_shows_no_more_than_is_known(
    browser, written, day, precision, shown
):
    boss = browser()
    answer = boss.post(f"{ADMIN}add/", NAME | NO_STUDIES | {"birth_date": f" {written} "})
    assert (answer.status_code, born()) == (302, (day, precision))
    assert f">{shown}<" in boss.get(ADMIN).content.decode()
    form = browser().get(f"{ADMIN}{Patient.objects.get().pk}/change/").context["adminform"].form
    assert form["birth_date"].value() == written


@pytest.mark.parametrize(("written", "day", "precision", "shown"), FORMS)
def test_who_may_only_look_sees_no_more_than_is_known(browser, written, day, precision, shown):
    patient = known(precision, date.fromisoformat(day))
    page = browser("view_patient").get(f"{ADMIN}{patient.pk}/change/").content.decode()
    assert shown in page
    assert not re.search("1985-|\\b1 (Jan|Apr) 1985", page)


def test_a_form_changes_how_much_is_known_only_where_the_date_was_changed(browser):
    patient, boss = known("year"), browser()
    page = f"{ADMIN}{patient.pk}/change/"
    shown = {"first_name": "Diana", "last_name": "Toro", "birth_date": "1985"} | NO_STUDIES
    shown |= {"initial-birth_date": "1985", "initial-first_name": "", "initial-last_name": ""}
    update_patient(patient, birth_date=date(1985, 4, 1), birth_date_precision="month")
    assert boss.post(page, shown).status_code == 302
    assert born(patient) == ("1985-04-01", "month")
    assert boss.post(page, shown | {"birth_date": "1985-04-10"}).status_code == 302
    assert born(patient) == ("1985-04-10", "day")
    assert boss.post(page, shown | {"birth_date": "1986"}).status_code == 302
    assert born(patient) == ("1986-01-01", "year")


@pytest.mark.parametrize(
    ("day", "precision"),
    [
        (date(1985, 4, 1), "year"),
        (date(1985, 1, 2), "year"),
        (date(1985, 4, 2), "month"),
        (date(1985, 1, 1), "era"),
    ],
)
def test_no_day_is_kept_that_is_not_known(day, precision):
    with pytest.raises(ValueError, match=r"first day|not a valid Precision"):
        known(precision, day)
