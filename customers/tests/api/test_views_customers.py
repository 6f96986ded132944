"""Customers over HTTP (requirements E1, D1, A5)."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory

URL = "/api/v1/customers/"
REAL = json.loads((Path(__file__).parents[2] / "demo_data" / "customer.json").read_text())


def test_E1_a_customer_is_created_with_a_generated_code(api):
    answer = api().post(URL, REAL, format="json")
    assert answer.status_code == 201
    assert answer.data["code"].startswith("C-")
    assert {name: answer.data[name] for name in REAL} == REAL
    assert answer["Location"] == f"{URL}{answer.data['id']}/"


def test_E1_a_customer_has_exactly_the_fields_of_the_contract(api):
    answer = api().get(f"{URL}{CustomerFactory.create().pk}/")
    assert list(answer.data) == ["id", "code", "name", "phone_number", "email", "created_at"]


def test_E1_a_code_may_be_given(api):
    answer = api().post(URL, {"name": "Ada", "code": "ADA-1"}, format="json")
    assert answer.data["code"] == "ADA-1"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_E1_a_change_without_a_code_keeps_it(api, method):
    customer = CustomerFactory.create(code="KEEP-1")
    answer = getattr(api(), method)(f"{URL}{customer.pk}/", {"name": "New"}, format="json")
    assert answer.status_code == 200
    assert (answer.data["name"], answer.data["code"]) == ("New", "KEEP-1")


def test_E1_a_code_that_is_taken_is_refused(api):
    CustomerFactory.create(code="TAKEN")
    answer = api().post(URL, {"name": "Ada", "code": "TAKEN"}, format="json")
    assert answer.status_code == 400
    assert answer.data["errors"][0]["attr"] == "code"
    assert Customer.objects.count() == 1


def test_E1_a_code_that_a_twin_takes_meanwhile_is_refused_too(api, monkeypatch):
    from rest_framework.validators import UniqueValidator

    CustomerFactory.create(code="TAKEN")
    monkeypatch.setattr(UniqueValidator, "__call__", lambda *_: None)  # as if it came too early
    answer = api().post(URL, {"name": "Ada", "code": "TAKEN"}, format="json")
    assert answer.status_code == 400
    assert answer.data["errors"][0]["attr"] == "code"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("07451277972", "+447451277972"),
        ("+254704590344", "+254704590344"),
        ("+44 7451 277972", "+447451277972"),
        ("(07451) 277-972", "+447451277972"),
        ("", ""),
    ],
)
def test_A5_phone_numbers_are_shown_as_e164(api, written, stored):
    answer = api().post(URL, {"name": "Ada", "phone_number": written}, format="json")
    assert answer.status_code == 201
    assert answer.data["phone_number"] == stored
    assert Customer.objects.values_list("phone_number", flat=True)[0] == stored


def test_A5_local_numbers_follow_the_default_region(api, settings):
    settings.PHONENUMBER_DEFAULT_REGION = "KE"
    answer = api().post(URL, {"name": "Ada", "phone_number": "0704590344"}, format="json")
    assert answer.data["phone_number"] == "+254704590344"


BAD = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": 5}, "name"),
    ({"name": None}, "name"),
    ({"name": "Ada\r\nBcc: all@example.com"}, "name"),
    ({"name": "Ada\u0000"}, "name"),
    ({"name": "Ada\u202egnp.exe"}, "name"),
    ({"name": "Ada\ud800"}, "name"),
    ({"name": "Ada", "code": "a/b"}, "code"),
    ({"name": "Ada", "code": "a b"}, "code"),
    ({"name": "Ada", "code": "é"}, "code"),
    ({"name": "Ada", "code": ""}, "code"),
    ({"name": "Ada", "code": "x" * 36}, "code"),
    ({"name": "Ada", "code": "AB\n"[:2] + "\u0007"}, "code"),
    ({"name": "Ada", "phone_number": "123"}, "phone_number"),
    ({"name": "Ada", "phone_number": "+999 1234567"}, "phone_number"),
    ({"name": "Ada", "phone_number": 7451277972}, "phone_number"),
    ({"name": "Ada", "phone_number": "+447451277972 ext. 5"}, "phone_number"),
    ({"name": "Ada", "phone_number": "0" * 5000}, "phone_number"),
    ({"name": "Ada", "phone_number": "07451277972\u0000"}, "phone_number"),
    ({"name": "Ada", "email": "nobody"}, "email"),
    ({"name": "Ada", "email": "a@b.example\nBcc: x@y.example"}, "email"),
    ({"name": "Ada", "email": "x" * 250 + "@example.com"}, "email"),
    ({"name": "Ada", "surname": "Lovelace"}, "surname"),
    ({"name": "Ada", "id": 5}, "id"),
    ({"name": "Ada", "created_at": "2020-01-01T00:00:00Z"}, "created_at"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=range(len(BAD)))
def test_E1_bad_input_is_refused_by_field_and_nothing_is_written(api, body, field):
    answer = api().post(URL, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert field in [error["attr"] for error in answer.data["errors"]]
    assert not Customer.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "5", "null", ""])
def test_E1_a_body_that_is_no_object_is_refused(api, body):
    assert api().post(URL, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("key", ["0", "999999", "9" * 30, "abc", "1.5", "-1", "%00", "1_0"])
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_E1_an_impossible_id_is_not_found(api, key, method):
    answer = getattr(api(), method)(f"{URL}{key}/", {"name": "Ada"}, format="json")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("application/json")


def test_E1_a_customer_without_records_is_deleted_with_the_addresses(api):
    customer = AddressFactory.create().customer
    assert api().delete(f"{URL}{customer.pk}/").status_code == 204
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code=C-2", ["Bo"]),
        ("email=ADA@example.com", ["Ada"]),
        ("phone_number=07451277972", ["Ada"]),
        ("phone_number=%2B447451277972", ["Ada"]),
        ("phone_number=+447451277972", ["Ada"]),
        ("phone_number=nonsense", []),
        ("created_before=2020-01-01T00:00:00Z", []),
        ("created_after=2020-01-01T00:00:00Z", ["Bo", "Ada"]),
        ("search=ada", ["Ada"]),
        ("ordering=name", ["Ada", "Bo"]),
        ("ordering=-name", ["Bo", "Ada"]),
    ],
)
def test_E1_customers_are_filtered_and_ordered(api, query, found):
    CustomerFactory.create(
        name="Ada", code="C-1", email="ada@example.com", phone_number="+447451277972"
    )
    CustomerFactory.create(name="Bo", code="C-2")
    answer = api().get(f"{URL}?{query}")
    assert [customer["name"] for customer in answer.data["results"]] == found


@pytest.mark.parametrize(
    "query",
    [
        "created_after=yesterday",
        "created_before=2020-13-01",
        "code=%00",
        "search=%00",
        "search=" + "x" * 300,
        "ordering=email",
        "page_size=0",
        "page_size=x",
    ],
)
def test_E1_bad_filters_are_refused(api, query):
    assert api().get(f"{URL}?{query}").status_code == 400


def test_E1_the_list_takes_one_statement_and_one_for_the_caller(api):
    client = api()
    for size in (1, 20):
        CustomerFactory.create_batch(size)
        with CaptureQueriesContext(connection) as statements:
            assert client.get(URL).status_code == 200
        assert len(statements) <= 2


@pytest.mark.parametrize("scopes", [(None,), ("orders:read",), ("customers:write",)])
def test_an_outsider_reads_no_customer(api, scopes):
    customer = CustomerFactory.create()
    for address in (URL, f"{URL}{customer.pk}/"):
        assert api(*scopes).get(address).status_code in (401, 403)


@pytest.mark.parametrize("scopes", [(None,), ("orders:write",), ("customers:read",)])
def test_an_outsider_changes_no_customer(api, scopes):
    customer = CustomerFactory.create(name="Ada")
    client = api(*scopes)
    answers = [
        client.post(URL, {"name": "Eve"}, format="json"),
        client.put(f"{URL}{customer.pk}/", {"name": "Eve"}, format="json"),
        client.patch(f"{URL}{customer.pk}/", {"name": "Eve"}, format="json"),
        client.delete(f"{URL}{customer.pk}/"),
    ]
    assert {answer.status_code for answer in answers} <= {401, 403}
    assert list(Customer.objects.values_list("name", flat=True)) == ["Ada"]


def test_the_same_key_makes_one_customer(api):
    client = api()
    answers = [
        client.post(URL, REAL, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(3)
    ]
    assert {answer.data["id"] for answer in answers} == {Customer.objects.get().pk}
    assert answers[2]["Idempotency-Replayed"] == "true"
    assert answers[2]["Location"] == answers[0]["Location"]
