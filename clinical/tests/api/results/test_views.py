"""Results over HTTP: where each is; what it says once it is released, and every read on record."""

import pytest

from clinical.laboratories.releasing import acknowledge
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db
URL = "/api/v1/results/"
POSITIVE = message(findings=[finding("4711", "positive")])


def test_before_its_release_it_says_nothing_and_then_all(api):
    sample = registered_sample()
    result = result_of(POSITIVE)
    client = api("clinical:read")
    answer = client.get(f"{URL}{result.pk}/")
    held = answer.json()
    assert (held["status"], held["serial"], held["patient"], held["version"]) == (
        "held",
        "K1",
        sample.patient.pk,
        1,
    )
    assert (held["findings"], held["flag"], held["report_status"], held["study"]) == (None,) * 4
    assert "4711" not in answer.content.decode()
    acknowledge(result, 1, "reached by phone", signer=clinician())
    shown = client.get(f"{URL}{result.pk}/").json()
    assert shown["findings"] == "Ferritin: 4711 ug/L (positive)"
    assert (shown["status"], shown["flag"], shown["report_status"]) == (
        "released",
        "positive",
        "final",
    )
    assert shown["study"]


def test_what_was_released_and_is_held_again_says_nothing(api):
    registered_sample()
    result = result_of(POSITIVE)
    acknowledge(result, 1, "reached by phone", signer=clinician())
    arrived(message(version=2, status="corrected", findings=[finding("815", "critical")]))
    answer = api("clinical:read").get(URL).content.decode()
    assert "815" not in answer
    assert "4711" not in answer


def test_each_read_is_on_record_and_of_an_unmatched_one_there_is_nobody(api):
    sample = registered_sample()
    arrived(message(), message(result_id="r-2", sample={"serial": "K2"}))
    client = api("clinical:read")
    assert len(client.get(URL).json()["results"]) == 2
    assert AccessRecord.objects.get().patients == [sample.patient.pk]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=held", 1),
        ("status=unmatched", 1),
        ("serial=k-l", 1),
        ("serial=K2", 0),
        ("laboratory=reference", 2),
        ("laboratory=other", 0),
    ],
)
def test_it_is_filtered(api, query, count):
    registered_sample()
    arrived(message(), message(result_id="r-2", sample={"serial": "K2"}))
    assert len(api("clinical:read").get(f"{URL}?{query}").json()["results"]) == count


def test_a_patients_results_are_those_alone(api):
    sample = registered_sample()
    arrived(message(), message(result_id="r-2", sample={"serial": "K2"}))
    client = api("clinical:read")
    [row] = client.get(f"{URL}?patient={sample.patient.pk}").json()["results"]
    assert row["serial"] == "K1"


@pytest.mark.parametrize("scopes", ["orders:read", "clinical:write", "kits:read"])
def test_nobody_else_may(api, scopes):
    result = result_of(message())
    assert api(scopes).get(URL).status_code == 403
    assert api(scopes).get(f"{URL}{result.pk}/").status_code == 403


def test_a_page_costs_the_same_however_many_there_are(api, django_assert_num_queries):
    client = api("clinical:read")
    for count in (2, 10):
        for number in range(count):
            serial = f"K{count}{number}"
            registered_sample(serial)
            arrived(message(result_id=serial, sample={"serial": serial}))
        client.get(URL)
        with django_assert_num_queries(4):
            assert len(client.get(URL).json()["results"]) >= count
