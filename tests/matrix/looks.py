"""Every way to look at something, from the URL configuration, and which show health data."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin

from clinical.models import Patient
from identity.access_log.records import RecordedAdmin, RecordedReads
from tests.matrix import addresses, expectations
from tests.matrix.asking import address, ask, page_address, person
from tests.matrix.cast import BIRTH_DATES, HEALTH_MARKS, Cast

DOWNLOAD = "a download"
# What an address needs to show anything.
QUERIES: dict[str, Callable[[Cast], str]] = {
    "GET patients/{pk}/merge/": lambda cast: f"?patient={cast.key(Patient, foreign=True)}",
}
# A page of another app on which the patient stands whom it is about.
SHOWS_PATIENT = {"customers/customer/<id>/change/", "search/"}
POSTED_SEARCHES = {name for name in expectations.SEARCHES if name.endswith("/_search")}


class Look(NamedTuple):
    """One way: who asks (a letter of the cast's roles) gives the answer, redirects followed."""

    ask: Callable[[Cast, str], Any]
    is_about_health: bool
    is_write: bool = False


@cache
def looks() -> dict[str, Look]:
    """All of them by name: an endpoint's, `page …`, `sent …`, `search of …`, `field …`, …"""
    return dict((*_of_the_api(), *_of_the_admin(), *_of_others()))


def _of_the_api() -> Iterator[tuple[str, Look]]:
    for name, endpoint in addresses.endpoints().items():
        is_recorded = issubclass(getattr(endpoint.view, "cls", object), RecordedReads)

        def look(cast: Cast, letter: str, endpoint: addresses.Endpoint = endpoint) -> Any:
            query = QUERIES[endpoint.name](cast) if endpoint.name in QUERIES else ""
            return ask(endpoint, _address(endpoint, cast) + query, person(letter))

        about = is_recorded or bool(re.search("patient|stud|fhir", name))
        is_write = endpoint.method != "get" and name not in POSTED_SEARCHES
        yield name, Look(look, about, is_write)


def _address(endpoint: addresses.Endpoint, cast: Cast) -> str:
    if endpoint.name in expectations.WEBHOOKS:
        return "/" + re.sub(r"<[^>]*>", "reference", endpoint.route)
    return address(endpoint, cast)


def _of_the_admin() -> Iterator[tuple[str, Look]]:
    for page in addresses.pages():
        about = page in SHOWS_PATIENT or _is_recorded(addresses.model_of(page))
        yield f"page {page}", Look(_visit(page), about)
        yield f"sent {page}", Look(_visit(page, {"post": "yes"}), about, is_write=True)
        if "<id>" not in page:
            yield f"search of {page}", Look(_visit(page, searched=True), about)
    for action in addresses.actions():
        label, name = action.split()
        about = _is_recorded(apps.get_model(label))
        yield f"action {action}", Look(_act(label, name), about, is_write=True)
    for field in addresses.completions():
        owner, name = field.rsplit(".", 1)
        target = apps.get_model(owner)._meta.get_field(name).related_model
        yield f"field {field}", Look(_complete(field), _is_recorded(target))


def _is_recorded(model: Any) -> bool:
    """Whether its pages show health data, by their app or by what they say themselves."""
    if model is None:
        return False
    of_the_clinic = model._meta.app_label == "clinical"
    return of_the_clinic or isinstance(admin.site._registry.get(model), RecordedAdmin)


def _of_others() -> Iterator[tuple[str, Look]]:
    for route in addresses.others():
        path = "/" + re.sub(r"<[^>]*>", "x", route)

        def look(cast: Cast, letter: str, path: str = path) -> Any:
            return cast.staff[letter].get(path)

        yield f"open {route}", Look(look, False)


def _visit(page: str, sent: Any = None, *, searched: bool = False) -> Callable[[Cast, str], Any]:
    def look(cast: Cast, letter: str) -> Any:
        model = addresses.model_of(page)
        key = cast.key(model) if model is not None and "<id>" in page else ""
        if model is not None and page in expectations.STATES:
            model._default_manager.filter(pk=key).update(**expectations.STATES[page])
        client, path = cast.staff[letter], page_address(cast, page, key)
        if sent is not None:
            return client.post(path, sent, follow=True)
        return client.get(path, searched_for(page) if searched else {}, follow=True)

    return look


def searched_for(page: str) -> dict[str, str]:
    """The query of a search for the marked patient: lists refuse any other parameter."""
    return {"s" if page == "search/" else "q": "zqf"}


def _act(label: str, name: str) -> Callable[[Cast, str], Any]:
    def look(cast: Cast, letter: str) -> Any:
        sent = {"action": name, "_selected_action": [cast.key(apps.get_model(label))]}
        return cast.staff[letter].post(f"/admin/{label.replace('.', '/')}/", sent, follow=True)

    return look


def _complete(field: str) -> Callable[[Cast, str], Any]:
    def look(cast: Cast, letter: str) -> Any:
        app, model, name = field.split(".")
        query = {"app_label": app, "model_name": model, "field_name": name, "term": ""}
        return cast.staff[letter].get("/admin/autocomplete/", query)

    return look


def shown(answer: Any) -> list[str]:
    """What an answer shows of the marked patient: in its text, its addresses, or a workbook."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = "\n".join([_text_of(content), *(f"{name}: {each}" for name, each in answer.items())])
    text += "\n".join(url for url, _ in getattr(answer, "redirect_chain", ()))
    marks = [mark for mark in HEALTH_MARKS if mark.lower() in text.lower()]
    is_file = answer.headers.get("Content-Disposition", "").startswith("attachment")
    return marks + re.findall(BIRTH_DATES, text) + ([DOWNLOAD] if is_file else [])


def _text_of(content: bytes) -> str:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"\n".join(parts.read(name) for name in parts.namelist())
    return content.decode(errors="replace")


# Looks about patients or studies, by their address, that show nothing of them: why. By patterns,
# since many dialogs are alike.
SILENT = {
    r"GET fhir/\.\*": "all other addresses: there is nothing",
    r"(page|search of) clinical/\w+/add/": "an empty form",
    r"page search/": "nothing is looked for yet",
    r"page clinical/\w+/<id>/delete/": "refused to everybody: nothing of the clinic is deleted",
    r"(page|search of) clinical/readinglimits/.*": "hours that staff set",
    r"(page|search of) clinical/(dutyturn|releaserule)/.*": "who is called, and kit types",
    r"page clinical/labresult/<id>/(attach|detach|reopen|set_aside)/": "asks why, and names nobody",
    r"GET results/(\{pk\}/)?": "keys and serials; what it says, once it is released",
    r"(page|search of) clinical/labmessage/.*": "what nobody understands: on record by its number",
    r"page clinical/sample/<id>/(destroy|withdraw)/": "asks why, and names nobody",
    r"page clinical/sample/<id>/history/": "says who saved it and when",
    r"search of clinical/sample/": "is found by a serial, whole",
    r"page clinical/labresult/<id>/history/": "says who saved it and when",
    r"search of clinical/labresult/": "is found by a serial or a reference, whole",
    r"page clinical/patient/<id>/(archive|restore|unmerge)/": "asks whether to, and names nobody",
    r"page clinical/study/<id>/(cancel|enter_one_in_error|perform|release|take)/": (
        "asks whether to, and names the study by its kind and number"
    ),
    r"page clinical/patient/<id>/all-data/": "asks why; the ZIP is given to who sends the form",
    r"page clinical/study/<id>/attach(-file)?/": "a form to choose a file",
    r"page clinical/study/<id>/files/<int:file>/in-error/": "asks why, of a file by its number",
    r"page clinical/(study|waitingstudy)/<id>/history/": "says who saved it and when",
    r"(page|search of) clinical/waitingstudy/take_next/": "acts when it is sent",
}


def is_silent(name: str) -> bool:
    """Whether it is known why this look shows nothing."""
    return any(re.fullmatch(pattern, name) for pattern in SILENT)
