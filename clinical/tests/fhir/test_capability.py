"""What Dosette says of itself is what it does."""

import pytest

from clinical.fhir.search.catalogue import BY_NAME
from clinical.tests.fhir.schema import document, valid
from identity.tests.issuer import shared_issuer


def statement(api):
    return valid(api(None).get("/fhir/metadata"))


def test_the_schema_is_that_of_R4():
    assert document()["id"] == "http://hl7.org/fhir/json-schema/4.0"
    versions = document()["definitions"]["CapabilityStatement"]["properties"]["fhirVersion"]["enum"]
    assert versions[-1] == "4.0.1"


def test_the_statement_is_open_to_all_and_names_the_version(api):
    told = statement(api)
    assert (told["fhirVersion"], told["kind"]) == ("4.0.1", "instance")
    assert told["implementation"]["url"] == "http://testserver/fhir/"


def test_every_type_of_the_statement_can_be_searched_and_read(api):
    resources = statement(api)["rest"][0]["resource"]
    assert [each["type"] for each in resources] == list(BY_NAME)
    for each in resources:
        assert [interaction["code"] for interaction in each["interaction"]] == [
            "read",
            "search-type",
        ]
        valid(api().get(f"/fhir/{each['type']}"))
        valid(api().get(f"/fhir/{each['type']}/1"), 404)


VALUES = {"token": "1", "string": "a", "date": "1985", "reference": "1"}


def test_every_parameter_of_the_statement_is_taken(api):
    for each in statement(api)["rest"][0]["resource"]:
        for parameter in each["searchParam"]:
            answer = api().get(
                f"/fhir/{each['type']}", {parameter["name"]: VALUES[parameter["type"]]}
            )
            if answer.status_code != 200:  # no such code, but the parameter is known
                assert "Use one of" in valid(answer, 400)["issue"][0]["details"]["text"]
        for include in each.get("searchInclude", ()):
            valid(api().get(f"/fhir/{each['type']}", {"_include": include}))


def test_parameters_are_R4s_own(api):
    for each in statement(api)["rest"][0]["resource"]:
        for parameter in each["searchParam"]:
            owner = "Resource" if parameter["name"].startswith("_") else each["type"]
            name = parameter["name"].lstrip("_")
            assert parameter["definition"] == f"http://hl7.org/fhir/SearchParameter/{owner}-{name}"


@pytest.fixture
def trusted(settings):
    settings.OIDC_ISSUER = shared_issuer().url


def test_where_tokens_are_had_is_open_to_all(api, trusted):
    told = api(None).get("/fhir/.well-known/smart-configuration").json()
    assert told["token_endpoint"].startswith("http")
    assert {"clinical:read", "system/Patient.rs", "user/*.rs"} <= set(told["scopes_supported"])
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "permission-v2" in told["capabilities"]
    assert told["grant_types_supported"]


def test_where_tokens_are_had_cannot_be_told_while_the_issuer_is_silent(api, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9/nobody"
    answer = api(None).get("/fhir/.well-known/smart-configuration")
    assert answer.status_code == 503
    assert answer.json()["issue"][0]["code"] == "transient"
