"""What is known of patients is nowhere readable in the bytes of the database."""

import pytest
from django.db import connection

from clinical.patients.services import create_patient
from clinical.services import update_study
from clinical.tests.factories import study_of

pytestmark = pytest.mark.django_db

CANARIES = ("Zoequary", "Vanequary", "1931-07-13", "zquary@mail.example", "idquary", "KNEEQUARY",
            "fellquary", "numberquary", "reportquary")  # fmt: skip
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


def tables_with(text: str) -> list[str]:
    """The tables that have a row in which the text stands, as text or as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        digits = text.encode().hex()
        hits = []
        for name in names:
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{name}" t WHERE t::text ILIKE ANY (%s))',
                [[f"%{text}%", f"%{digits}%"]],
            )
            if cursor.fetchone()[0]:
                hits.append(name)
    return hits


@pytest.fixture
def patient():
    patient = create_patient(
        first_name="Zoequary",
        last_name="Vanequary",
        birth_date="1931-07-13",
        email="zquary@mail.example",
        external_id="idquary",
        identifiers=[{"type": "MR", "system": "ward", "value": "numberquary"}],
    )
    study = study_of(patient, body_part="KNEEQUARY", description="she fellquary")
    update_study(study, by="user:test", description="she fellquary twice")
    return patient


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_of_it_stands_in_any_table(patient, canary):
    assert tables_with(canary) == []


def test_nor_does_an_answer_that_is_kept_for_a_repeated_request(api):
    body = {"first_name": "Zoequary", "last_name": "Vanequary", "birth_date": "1931-07-13"}
    send = {"data": body, "format": "json", "headers": {"Idempotency-Key": "k"}}
    first, again = (api().post("/api/v1/patients/", **send) for _ in range(2))
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert tables_with("Zoequary") == []


def test_what_is_not_encrypted_would_be_seen(patient):
    assert "clinical_patientidentifier" in tables_with("ward")
