import pytest

from clinical.models import Patient, PatientMerge
from clinical.tests.factories import PatientFactory, study_of
from identity.models import AccessRecord, ServiceClient, User
from identity.tests.factories import ServiceClientFactory, staff
from identity.tests.issuer import shared_issuer

pytestmark = pytest.mark.django_db
PATIENTS = "/api/v1/patients/"
WHY = {"reason": "entered twice"}


@pytest.fixture
def pair():
    survivor = PatientFactory.create(first_name="Ana", email="")
    merged = PatientFactory.create(first_name="Anna", last_name=survivor.last_name, email="a@b.de")
    study_of(merged)
    return survivor.pk, merged.pk


def code(answer):
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error["attr"]


def test_a_preview_shows_both_and_both_are_on_record(api, pair):
    survivor, merged = pair
    shown = api().get(f"{PATIENTS}{survivor}/merge/", {"patient": merged}).json()
    assert (shown["id"], shown["merged"]) == pair
    assert (shown["studies"], shown["identifiers"]) == (1, 0)
    assert {
        "field": "email",
        "survivor": "",
        "merged": "a@b.de",
        "is_taken": True,
    } in shown["choices"]
    assert AccessRecord.objects.get().patients == sorted(pair)
    assert not PatientMerge.objects.exists()


def test_two_are_merged_and_the_address_of_the_other_says_where_it_is(api, pair):
    survivor, merged = pair
    body = {"patient": merged, "take": ["email"], **WHY}
    done = api().post(f"{PATIENTS}{survivor}/merge/", body, format="json")
    assert (done.status_code, done.json()["email"]) == (200, "a@b.de")
    assert len(done.json()["studies"]) == 1
    assert [row["id"] for row in api().get(PATIENTS).json()["results"]] == [survivor]
    address = f"{PATIENTS}{merged}/"
    for method in ("get", "put", "patch", "delete"):
        answer = getattr(api(), method)(address, {}, format="json")
        assert code(answer) == (410, "merged", None)
        assert f"patient {survivor}" in answer.json()["errors"][0]["detail"]
    assert code(api().get(f"{address}studies/")) == (410, "merged", None)
    for verb in ("archive", "restore"):
        assert code(api().post(f"{address}{verb}/")) == (410, "merged", None)
    assert PatientMerge.objects.get().reason == "entered twice"


def test_a_merge_is_undone(api, pair):
    survivor, merged = pair
    api().post(
        f"{PATIENTS}{survivor}/merge/", {"patient": merged, "take": ["email"], **WHY}, format="json"
    )
    body = {"patient": merged, "reason": "mother and daughter"}
    done = api().post(f"{PATIENTS}{survivor}/unmerge/", body, format="json")
    assert (done.status_code, done.json()["email"], done.json()["studies"]) == (200, "", [])
    assert len(api().get(f"{PATIENTS}{merged}/").json()["studies"]) == 1
    assert code(api().post(f"{PATIENTS}{survivor}/unmerge/", body, format="json"))[0] == 409


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, (400, "required", "patient")),
        ({"reason": "x"}, (400, "min_length", "reason")),
        ({"take": ["id"]}, (400, "invalid_choice", "take.0")),
        ({"take": "email"}, (400, "not_a_list", "take")),
        ({"patient": 2**63}, (400, "max_value", "patient")),
        ({"patient": 999_999}, (400, "does_not_exist", "patient")),
        ({"patient": "SELF"}, (409, "illegal_move", None)),
        ({"other": 1}, (400, "unknown_field", "other")),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused_and_nothing_is_done(api, pair, body, answer):
    survivor, merged = pair
    sent = {"patient": merged, **WHY} | body if body else {}
    sent |= {"patient": survivor} if body.get("patient") == "SELF" else {}
    assert code(api().post(f"{PATIENTS}{survivor}/merge/", sent, format="json")) == answer
    assert Patient.objects.current().count() == 2


@pytest.mark.parametrize("query", [{}, {"patient": "x"}, {"patient": "-1"}, {"patient": "9" * 30}])
def test_a_preview_of_nobody_is_a_400(api, pair, query):
    assert api().get(f"{PATIENTS}{pair[0]}/merge/", query).status_code == 400


def test_unmerging_what_was_never_merged_is_a_409(api, pair):
    body = {"patient": pair[1], **WHY}
    assert code(api().post(f"{PATIENTS}{pair[0]}/unmerge/", body, format="json"))[0] == 409


def test_a_person_needs_the_right_to_merge(pair, settings):
    from rest_framework.test import APIClient

    ServiceClientFactory.create(client_id="a-tool")
    person = staff("clinician")
    person.linked_accounts.create(issuer=shared_issuer().url, subject="clara")
    token = shared_issuer().sign(
        scope="clinical:read clinical:write", sub="clara", client_id="a-tool"
    )
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    where, body = f"{PATIENTS}{pair[0]}/merge/", {"patient": pair[1], **WHY}
    group = person.groups.get()
    group.permissions.remove(group.permissions.get(codename="merge_patient"))
    assert code(client.post(where, body, format="json"))[:2] == (403, "permission_denied")
    group.permissions.add(_merge_right())
    assert client.post(where, body, format="json").status_code == 200
    assert PatientMerge.objects.get().actor == User.objects.get(pk=person.pk).actor
    assert ServiceClient.objects.exists()


def _merge_right():
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename="merge_patient")
