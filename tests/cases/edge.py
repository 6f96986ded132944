"""H1 to H6, H13 to H20: what the API takes, cleans and refuses."""

import json
from urllib.parse import quote

from requests import Response

from tests.cases.registry import case, check
from tests.cases.world import ADDRESS, World, new_name


def _brief(answer: Response) -> str:
    return f"{answer.status_code} {answer.text[:90]}"


def _refused(answer: Response, *attributes: str) -> str:
    """400, on each of these fields."""
    check(answer.status_code == 400, _brief(answer))
    named = {error["attr"] for error in answer.json()["errors"]}
    return check(set(attributes) <= named, _brief(answer))


@case("H1", "F1", "not a success without an order")
def _(world: World) -> str:
    body = {"customer": world.somebody, "item": new_name(), "amount": "1.00"}
    answer = world.send("POST", "orders", body, follow=True)
    made = answer.status_code == 201 and answer.json()["item"] == body["item"]
    return check(made or answer.status_code >= 400, _brief(answer))


@case("H2", "F1", "no 301")
def _(world: World) -> str:
    body = {"item": "x", "amount": "1.00"}
    answer = world.send("POST", f"customers/{world.somebody}/orders", body)
    return check(answer.status_code not in (301, 302, 303), _brief(answer))


@case("H3", "F2", "400")
def _(world: World) -> str:
    return _refused(world.send("POST", "customers/", '{"name": "A", "\\ud83d": 1}'))


@case("H4", "F2", "400")
def _(world: World) -> str:
    text = f'{{"customer": {world.somebody}, "item": "x", "amount": "1.00", "currency": "\\ud83d"}}'
    return _refused(world.send("POST", "orders/", text))


@case("H5", "F2", "400")
def _(world: World) -> str:
    text = f'{{"customer": {world.somebody}, "message": "x", "channel": "\\ud83d"}}'
    return _refused(world.send("POST", "notifications/", text))


@case("H6", "F2", "400")
def _(world: World) -> str:
    text = '{"urgency_level": "\\ud83d", "type": "XRAY", "body_part": "K"}'
    return _refused(world.send("POST", f"patients/{world.patient}/studies/", text))


def _sms(world: World, text: str) -> str:
    body = {"customer": world.somebody, "channel": "sms", "message": text}
    return _refused(world.send("POST", "notifications/", body), "message")


@case("H13", "F9", "400 on message")
def _(world: World) -> str:
    return _sms(world, "Your carrier screening kits have arrived")


@case("H14", "F9", "400 on message")
def _(world: World) -> str:
    return _sms(world, "Your genetics results are in")


@case("H15", "F9", "400 on message")
def _(world: World) -> str:
    return _sms(world, "Your night serum 30 ml is on its way")


@case("H16", "F10", "the record's reason is that text")
def _(world: World) -> str:
    reason = f"Zweitmeinung für Ärztin {new_name()}"
    as_bytes = reason.encode().decode("latin-1")
    world.send("GET", f"patients/{world.patient}/", Access_Reason=as_bytes)
    page = world.page("identity/accessrecord/")
    return check(reason in page, "as it was" if reason in page else "not in the access log")


@case("H17", "F11", "400 on name")
def _(world: World) -> str:
    return _refused(world.send("POST", "customers/", '{"name": "\\u200b"}'), "name")


@case("H18", "F11", "400 on both lines")
def _(world: World) -> str:
    body = {
        "customer": world.somebody,
        "items": [{"item_id": "tote-1", "quantity": 1}],
        "delivery_address": ADDRESS | {"recipient": "\u200b", "line_1": "\u3164"},
    }
    answer = world.send("POST", "orders/", json.dumps(body))
    return _refused(answer, "delivery_address.recipient", "delivery_address.line_1")


@case("H19", "F12", "400, or stored without it and found")
def _(world: World) -> str:
    email = f"{new_name()}@example.com"
    answer = world.send("POST", "customers/", {"name": "A", "email": f"{email}\u200b"})
    found = answer.status_code == 201 and world.results("customers/", email=email)
    return check(answer.status_code == 400 or found, _brief(answer))


@case("H20", "F13", "201, +447451277972")
def _(world: World) -> str:
    body = {"name": "A", "phone_number": "\u202a+447451277972\u202c"}
    answer = world.send("POST", "customers/", body)
    right = answer.status_code == 201 and answer.json()["phone_number"] == "+447451277972"
    return check(right, _brief(answer))


@case("H33", "F24", "201")
def _(world: World) -> str:
    body = {"first_name": "Suharto", "last_name": "", "birth_date": "1985-04-10"}
    answer = world.send("POST", "patients/", body)
    return check(answer.status_code == 201, _brief(answer))


@case("H27", "F19", "201")
def _(world: World) -> str:
    decomposed = (
        "He\u0301le\u0300ne E\u0301le\u0301onore De\u0301sire\u0301e Fre\u0301de\u0301rique"
    )
    body = {
        "customer": world.somebody,
        "items": [{"item_id": "tote-1", "quantity": 1}],
        "delivery_address": ADDRESS | {"recipient": decomposed},
    }
    answer = world.send("POST", "orders/", json.dumps(body))
    return check(answer.status_code == 201, _brief(answer))


@case("key", "decided", "400 that says so, whatever the letter")
def _(world: World) -> str:
    body = {"name": "A"}
    answers = [
        world.send("POST", "customers/", body, Idempotency_Key=key)
        for key in ("schlüssel", "ключ".encode().decode("latin-1"))
    ]
    return check(all(a.status_code == 400 for a in answers), _brief(answers[0]))


@case("BOM", "decided", "201")
def _(world: World) -> str:
    answer = world.send("POST", "customers/", b'\xef\xbb\xbf{"name": "A"}')
    return check(answer.status_code == 201, _brief(answer))


@case("twice", "decided", "400 that names it")
def _(world: World) -> str:
    answer = world.send("POST", "customers/", '{"name": "A", "name": "B"}')
    return check(answer.status_code == 400 and "name" in answer.text, _brief(answer))


@case("plus", "decided", "found")
def _(world: World) -> str:
    email = f"a+{new_name()}@example.com"
    world.make("customers/", name="A", email=email)
    # Written into the address as it is: a blank there, by the form's rules.
    answer = world.send("GET", f"customers/?email={quote(email, safe='+@')}")
    return check(len(answer.json()["results"]) == 1, _brief(answer))
