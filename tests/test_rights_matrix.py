"""The matrix: every role and scope at every endpoint, page, dialog, action and completing field,
with objects of one's own and of others, as tests/matrix/expectations.py says.

Searches in lists: tests/test_nobody_looks_unseen.py."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin

from clinical.models import Patient
from identity.models import AccessRecord
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory
from tests.matrix import addresses, expectations
from tests.matrix.asking import address, ask, example, page_address, person, program, tried
from tests.matrix.cast import BIRTH_DATES, HEALTH_MARKS, ROLES, Cast

pytestmark = pytest.mark.django_db
SEES_HEALTH = set("CA*")


# --- What the answers are checked for, whoever asked --------------------------------------------


def check_answer(answer: Any, where: str, *, may_see_health: bool) -> None:
    """Fail when health data is shown to who may not see it, or was not put on record."""
    assert answer.status_code < 500, f"{where}: {answer.status_code}"
    text = answer.content.decode(errors="replace") if not answer.streaming else ""
    shown = [mark for mark in HEALTH_MARKS if mark in text] + re.findall(BIRTH_DATES, text)
    if not shown:
        return
    assert may_see_health, f"{where} shows health data: {shown}"
    patient = next(p.pk for p in Patient.objects.all() if p.first_name == HEALTH_MARKS[0])
    read = AccessRecord.objects.filter(patients__contains=[patient]).exists()
    assert read, (
        f"{where} shows health data without an entry in the access log: identity/access_log"
    )


@pytest.mark.parametrize("page", ["", "{pk}/change/"])
def test_the_birth_date_is_known_where_it_is_shown(cast, page):
    path = "/admin/clinical/patient/" + page.format(pk=cast.key(Patient))
    with tried():
        assert re.search(BIRTH_DATES, cast.staff["C"].get(path).content.decode())


# --- The API ------------------------------------------------------------------------------------


def callers(name: str) -> Iterator[tuple[str, str | None, int]]:
    """Who asks, with which token, and what comes of it: 401, 403, or 200 for whoever is let in."""
    need = set(expectations.API[name].split())
    but = expectations.NOT_THESE.get(name, "")
    let_in_program = 403 if name in expectations.PEOPLE_ONLY else 200
    yield "nobody", None, 401
    yield "garbage", "x", 401
    yield "a token for nothing", program(""), 403
    yield "every scope", program(" ".join(SCOPES)), let_in_program
    yield "every scope, but the client may less", program(" ".join(SCOPES), "capped"), 403
    yield "a client that was shut out", program(" ".join(SCOPES), "closed"), 401
    # Scopes only ever add: between these two kinds lies every other set of them.
    yield "what it needs and no more", program(" ".join(need)), let_in_program
    for scope in sorted(need):
        yield f"all but {scope}", program(" ".join(set(SCOPES) - {scope})), 403
    for letter, role in ROLES.items():
        may = set(SCOPES) if letter == "*" else set(expectations.ROLE_SCOPES[letter].split())
        let_in = need <= may and letter not in but
        yield f"somebody of {role}", person(letter), 200 if let_in else 403


@pytest.mark.parametrize("name", sorted(expectations.API))
def test_the_api_lets_in_who_has_the_scopes(cast, name):
    endpoint, needed = addresses.endpoints()[name], expectations.API[name]
    less = sorted(set(SCOPES) - {needed.split()[0]})
    ServiceClientFactory(client_id="test", allowed_scopes=list(SCOPES))
    ServiceClientFactory(client_id="capped", allowed_scopes=less)
    ServiceClientFactory(client_id="closed", is_active=False)
    ServiceClientFactory(client_id="a-tool")
    signed_in = ask(endpoint, address(endpoint, cast), None, cast.staff["*"])
    assert signed_in.status_code == 401, "a session of the admin is no way into the API"
    for foreign in (False, True) if "{" in name else (False,):
        where = address(endpoint, cast, foreign=foreign)
        for who, token, expected in callers(name):
            if foreign and expected == 403 and who != "a token for nothing":
                continue  # one shows that what is there is not told to who may not ask
            _try(endpoint, (where, token), expected, f"{name} by {who}", foreign)


def _try(
    endpoint: addresses.Endpoint,
    asked: tuple[str, str | None],
    expected: int,
    said: str,
    foreign: bool,
) -> None:
    with tried() as written:
        answer = ask(endpoint, *asked)
        refused = answer.status_code in (401, 403)
        assert (answer.status_code if refused else 200) == expected, said
        check_answer(answer, said, may_see_health="clinical:" in expectations.API[endpoint.name])
        if refused:
            assert not written, f"{said}: refused, but {written} changed"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        elif foreign:
            assert answer.status_code == 404, f"{said}: of another, yet {answer.status_code}"
            assert not written, f"{said}: of another, but {written} changed"


ONE_ROW = {"GET customers/{customer_pk}/preferences/"}
NESTED = [
    name
    for name in expectations.API
    if re.fullmatch(r"GET \w+/{\w+_pk}/[\w-]+/", name) and name not in ONE_ROW
]


@pytest.mark.parametrize("name", NESTED)
def test_a_nested_list_holds_nothing_of_other_parents(cast, name):
    endpoint = addresses.endpoints()[name]
    ServiceClientFactory(client_id="test", allowed_scopes=list(SCOPES))
    where = address(endpoint, cast)
    with tried():
        body = ask(endpoint, where, program(" ".join(SCOPES))).json()
    listed = [row["id"] for row in body["results"]]
    assert listed, f"Give {name} something of our own to list in tests/matrix/cast.py."
    assert cast.key(endpoint.model, foreign=True) not in listed


@pytest.mark.parametrize("name", sorted(expectations.WEBHOOKS))
def test_webhooks_refuse_who_has_no_secret(cast, name):
    endpoint = addresses.endpoints()[name]
    where = "/" + re.sub(r"<[^>]*>", "reference", endpoint.route)
    for token in (None, program(" ".join(SCOPES))):
        with tried() as written:
            assert ask(endpoint, where, token).status_code in (401, 403, 404)
            assert not written


# --- The admin ----------------------------------------------------------------------------------


def visit(cast: Cast, letter: str, page: str, key: Any, *, send: bool) -> tuple[bool, list[str]]:
    """Whether this role is let in, and what was written; the answer is checked on the way."""
    model = addresses.model_of(page)
    path = page_address(cast, page, key)
    said = f"{page} for {ROLES[letter]}"
    with tried() as written:
        if model is not None and page in expectations.STATES:
            model._default_manager.filter(pk=key).update(**expectations.STATES[page])
            written.clear()
        client = cast.staff[letter]
        answer = client.post(path, {"post": "yes"}) if send else client.get(path)
        check_answer(answer, said, may_see_health=letter in SEES_HEALTH)
    to_login = answer.headers.get("Location", "").startswith("/admin/login/")
    if letter in SEES_HEALTH:  # a look that was put on record before the refusal is no harm
        written = [table for table in written if table != "identity_accessrecord"]
    return not (to_login or answer.status_code in (403, 404)), written


def measured(cast: Cast, page: str, *, foreign: bool = False) -> str | tuple[str, str]:
    """Who opens the page and who may send it, as the code is now. Fails where a refusal wrote."""
    model = addresses.model_of(page)
    key = cast.key(model, foreign=foreign) if model is not None and "<id>" in page else ""
    lists = []
    for send in (False, True):
        may = ""
        for letter in ROLES:
            let_in, written = visit(cast, letter, page, key, send=send)
            assert let_in or not written, f"{page}: {ROLES[letter]} refused, but {written} changed"
            may += letter if let_in else ""
        lists.append(may)
    return lists[0] if lists[0] == lists[1] else (lists[0], lists[1])


@pytest.mark.parametrize("page", sorted(expectations.PAGES))
def test_a_page_of_the_admin_opens_for_those_who_are_listed(cast, page):
    assert measured(cast, page) == expectations.PAGES[page]


@pytest.mark.parametrize("page", sorted(expectations.MIGHTIER))
def test_a_page_of_somebody_mightier_opens_for_those_who_are_listed(cast, page):
    assert measured(cast, page, foreign=True) == expectations.MIGHTIER[page]


@pytest.mark.parametrize("page", sorted(expectations.PAGES))
def test_who_is_not_signed_in_is_led_to_the_login_page(cast, page, client):
    path = f"/admin/{example(page)}"
    with tried() as written:
        for answer in (client.get(path), client.post(path, {"post": "yes"})):
            assert answer.status_code in (302, 403, 404), page
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/admin/login/")
        assert not written


def offered(cast: Cast, action: str) -> str:
    """Who is offered an action of a list. Fails where it obeys somebody else."""
    label, name = action.split()
    model = apps.get_model(label)
    keys = [cast.key(model), cast.key(model, foreign=True)]
    found = ""
    for letter in ROLES:
        with tried() as written:
            sent = {"action": name, "_selected_action": keys}
            answer = cast.staff[letter].post(f"/admin/{label.replace('.', '/')}/", sent)
            check_answer(answer, action, may_see_health=letter in SEES_HEALTH)
            # Django asks the same method before it runs one.
            page = admin.site._registry[model]
            is_offered = answer.status_code != 403 and name in page.get_actions(answer.wsgi_request)
            changed = set(written) - {"identity_accessrecord"}
            assert is_offered or not changed, f"{action}: not for {ROLES[letter]}, yet {changed}"
            found += letter if is_offered else ""
    return found


def completed(cast: Cast, field: str) -> str:
    """Who is shown something by a field that completes what is typed."""
    app, model, name = field.split(".")
    query = {"app_label": app, "model_name": model, "field_name": name, "term": ""}
    found = ""
    for letter in ROLES:
        with tried():
            answer = cast.staff[letter].get("/admin/autocomplete/", query)
            check_answer(answer, field, may_see_health=letter in SEES_HEALTH)
            found += letter if answer.status_code == 200 and answer.json()["results"] else ""
    return found


@pytest.mark.parametrize("action", sorted(expectations.ACTIONS))
def test_an_action_is_offered_to_those_who_are_listed_and_obeys_nobody_else(cast, action):
    assert offered(cast, action) == expectations.ACTIONS[action]


@pytest.mark.parametrize("field", sorted(expectations.COMPLETIONS))
def test_a_field_completes_for_those_who_are_listed(cast, field):
    assert completed(cast, field) == expectations.COMPLETIONS[field]


# --- That nothing is left out ---------------------------------------------------------------------


def test_every_address_has_its_line(cast):
    new, stale = addresses.without_line(), addresses.without_address()
    lines = "\n".join(_proposal(cast, table, name) for table, name in new)
    assert not new, f"Add to tests/matrix/expectations.py, if it is right:\n{lines}"
    assert not stale, f"Take out of tests/matrix/expectations.py, it is gone: {stale}"


def _proposal(cast: Cast, table: str, name: str) -> str:
    measure: dict[str, Callable[[], Any]] = {
        "API": lambda: addresses.endpoints()[name].scopes,
        "PAGES": lambda: measured(cast, name),
        "MIGHTIER": lambda: measured(cast, name, foreign=True),
        "ACTIONS": lambda: offered(cast, name),
        "COMPLETIONS": lambda: completed(cast, name),
        "OPEN": lambda: "why anybody may come in",
    }
    now = str(measure[table]()).replace("'", '"')
    return f'{table + ":":12}  "{name}": {now if now[:1] == "(" else chr(34) + now + chr(34)},'
