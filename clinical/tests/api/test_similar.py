from typing import Any

import pytest

from clinical.models import Patient
from clinical.patients.similar import SAME_EMAIL, SAME_IDENTIFIER, SAME_NAMES
from clinical.tests.factories import PatientFactory
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db
WHERE = "/api/v1/patients/similar/"
WHO = {"first_name": "José", "last_name": "García", "birth_date": "1985-04"}


def test_who_is_alike_is_named_by_id_and_is_on_record(api):
    jose = PatientFactory.create(**WHO | {"birth_date": "1985-04-10"}, email="jose@ejemplo.com")
    jose.identifiers.create(system="urn:one", value="17")
    PatientFactory.create()
    person: dict[str, Any] = {"first_name": "garcia", "last_name": "JOSE", "birth_date": "1985"}
    person |= {"email": "JOSE@ejemplo.com", "identifiers": [{"system": "urn:two", "value": "17"}]}
    answer = api("clinical:read").post(WHERE, person, format="json")
    reasons = [SAME_NAMES, SAME_EMAIL, SAME_IDENTIFIER]
    assert answer.json() == {"results": [{"id": jose.pk, "reasons": reasons}]}
    record = AccessRecord.objects.get()
    assert (record.patients, record.how) == ([jose.pk], "search")
    assert Patient.objects.count() == 2


def test_nobody_alike_is_an_empty_list_and_no_read(api):
    assert api().post(WHERE, WHO, format="json").json() == {"results": []}
    assert not AccessRecord.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"birth_date": "soon"}, {"first_name": "", "last_name": ""}, {"customer": 1}, {"id": 1}],
)
def test_what_is_no_person_is_a_400(api, change):
    assert api().post(WHERE, WHO | change, format="json").status_code == 400


def test_who_may_not_read_is_told_nothing(api):
    PatientFactory.create(**WHO | {"birth_date": "1985-04-10"})
    assert api("clinical:write").post(WHERE, WHO, format="json").status_code == 403
