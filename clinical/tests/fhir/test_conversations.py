"""What clients do: real HTTP, whatever they send, and what of it is left in the log."""

import logging
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical.fhir.search.catalogue import BY_NAME
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import problems, valid
from core.observability.logs import JsonFormatter
from identity.models import AccessRecord
from identity.tests.factories import ServiceClientFactory, token_for
from identity.tests.issuer import shared_issuer

WORDS = st.one_of(
    st.sampled_from(
        ["1", "a", "Patient/1", "|", ",", "\\", "eq", "gt1985", "1985-04", "_", "true"]
    ),
    st.text(max_size=12),
)
CONTROLS = [
    "_count",
    "_include",
    "_summary",
    "_elements",
    "_page",
    "_format",
    "_pretty",
    "_sort",
    "",
]
NAMES = st.sampled_from(
    [*{name: 0 for kind in BY_NAME.values() for name in kind.parameters}, *CONTROLS]
)
MODIFIERS = st.sampled_from(["", ":exact", ":Patient", ":missing", ":", "::"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(BY_NAME)),
    sent=st.lists(st.tuples(NAMES, MODIFIERS, WORDS), max_size=4),
)
def test_whatever_is_searched_for_is_answered_in_R4(api, kind, sent):
    if not AccessRecord.objects.exists():
        study_of()
    pairs = {f"{name}{modifier}": word for name, modifier, word in sent}
    client = api("clinical:read")
    client.raise_request_exception = False
    answer = client.get(f"/fhir/{kind}", pairs)
    assert answer.status_code in (200, 400, 406, 410), answer.content
    assert not problems(answer.json())


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=30))
def test_whatever_is_asked_for_is_answered_in_R4(api, path):
    client = api("clinical:read")
    client.raise_request_exception = False
    answer = client.get(f"/fhir/{quote(path)}")
    assert answer.status_code in (200, 404), answer.content
    if not path.startswith(".well-known"):
        assert not problems(answer.json())


@pytest.mark.parametrize("kind", BY_NAME)
@pytest.mark.parametrize("body", [b"\xff\xfe", b"a" * 10_000, b"&&&&", b"=", b"%00=%00", b"%zz"])
def test_whatever_form_is_sent_is_answered_in_R4(api, kind, body):
    form = "application/x-www-form-urlencoded"
    answer = api("clinical:read").post(f"/fhir/{kind}/_search", body, content_type=form)
    assert answer.status_code in (200, 400)
    assert not problems(answer.json())


@pytest.mark.django_db(transaction=True)
def test_a_clinic_reads_all_it_may_over_http(live_server):
    patient = PatientFactory.create(last_name="Zqlast")
    studies = [study_of(patient) for _ in range(5)]
    base = f"{live_server.url}/fhir"
    told = requests.get(f"{base}/metadata", timeout=5).json()
    kinds = [each["type"] for each in told["rest"][0]["resource"]]
    assert requests.get(f"{base}/Patient", timeout=5).status_code == 401
    ServiceClientFactory()
    token = shared_issuer().sign(scope="system/*.rs")
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    session.headers["Accept"] = "application/fhir+json"
    form = {"family": "zqlast", "birthdate": "1988"}
    page = session.post(f"{base}/Patient/_search", data=form, timeout=5).json()
    assert [each["resource"]["id"] for each in page["entry"]] == [str(patient.pk)]
    for kind in kinds[1:]:
        links, seen = {"next": f"{base}/{kind}?patient={patient.pk}&_count=2"}, []
        while address := links.get("next"):
            page = session.get(address, timeout=5).json()
            seen += [each["resource"]["id"] for each in page["entry"]]
            for each in page["entry"]:
                assert session.get(each["fullUrl"], timeout=5).json() == each["resource"]
            links = {each["relation"]: each["url"] for each in page["link"]}
        assert seen == [str(study.pk) for study in reversed(studies)]
    reads = AccessRecord.objects.filter(patients__contains=[patient.pk])
    assert reads.count() == 1 + 3 * (3 + 5)


@pytest.fixture
def lines():
    """All that anybody logs, as production would write it."""
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler, root, access = Handler(), logging.getLogger(), logging.getLogger("core.access")
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    levels = root.level, access.level
    root.setLevel("INFO")
    access.setLevel("INFO")
    yield written
    root.setLevel(levels[0])
    access.setLevel(levels[1])
    root.removeHandler(handler)


def test_nothing_of_a_search_is_in_the_log(client, lines, db):
    PatientFactory.create(first_name="Zqfirst", last_name="Zqlast", email="zqmail@example.com")
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token_for('clinical:read')}"}
    form = "application/x-www-form-urlencoded"
    answers = [
        client.get("/fhir/Patient?family=Zqlast", **bearer),
        client.get("/fhir/Patient?email=zqmail@example.com&Zqfirst=1", **bearer),
        client.get("/fhir/Zqlast/1", **bearer),
        client.post("/fhir/Patient/_search", "family=Zqlast", content_type=form, **bearer),
        client.post("/fhir/Patient/_search", "Zqlast=Zqlast", content_type=form, **bearer),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 200, 400]
    text = "\n".join(lines)
    assert '"route": "fhir/Patient"' in text
    assert "zq" not in text.lower()


def test_fhir_and_the_api_say_the_same_of_a_patient(api):
    patient = PatientFactory.create(birth_date="1988-08-01", birth_date_precision="month")
    study = study_of(patient)
    plain = api().get(f"/api/v1/patients/{patient.pk}/").json()
    told = valid(api().get(f"/fhir/Patient/{patient.pk}"))
    name = told["name"][0]
    assert (name["given"], name["family"]) == ([plain["first_name"]], plain["last_name"])
    assert told["birthDate"] == plain["birth_date"][:7]
    assert told["telecom"][0]["value"] == plain["email"]
    images = valid(api().get(f"/fhir/ImagingStudy/{study.pk}"))
    assert images["note"][0]["text"] == plain["studies"][0]["description"]
    request = valid(api().get(f"/fhir/ServiceRequest/{study.pk}"))
    assert request["authoredOn"] == plain["studies"][0]["created_at"]
    assert request["bodySite"][0]["text"] == plain["studies"][0]["body_part"]
