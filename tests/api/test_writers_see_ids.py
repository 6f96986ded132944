"""Who may write and not read is shown the id of what was written, and nothing else of it."""

import pytest

from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import AccessRecord
from identity.rights.scopes import SCOPES
from identity.tokens.permissions import scopes_needed
from orders.tests.factories import placed_order
from shipping.tests.factories import monthly_schedule
from tests.api.test_sent_twice import HOME, PATIENT, POSTS, format_of, sender
from tests.matrix import addresses, expectations

pytestmark = pytest.mark.django_db


def _study() -> str:
    study = study_of()
    return f"patients/{study.patient_id}/studies/{study.pk}/"


def _address() -> str:
    row = AddressFactory.create()
    return f"customers/{row.customer_id}/addresses/{row.pk}/"


CHANGES = {
    "{} customers/{pk}/": lambda: (f"customers/{CustomerFactory.create().pk}/", {"name": "A"}),
    "{} customers/{customer_pk}/preferences/": lambda: (
        f"customers/{CustomerFactory.create().pk}/preferences/",
        {"language": "sw"},
    ),
    "{} customers/{customer_pk}/addresses/{pk}/": lambda: (_address(), HOME),
    "{} orders/{pk}/": lambda: (f"orders/{placed_order().pk}/", {"delivery_address": HOME}),
    "{} patients/{pk}/": lambda: (
        f"patients/{PatientFactory.create().pk}/",
        {"first_name": "A", "last_name": "B", "birth_date": "1985-04-10"},
    ),
    "{} patients/{patient_pk}/studies/{pk}/": lambda: (
        _study(),
        {"urgency_level": "HIGH", "type": "XRAY", "body_part": "KNEE"},
    ),
    "{} schedules/{pk}/": lambda: (f"schedules/{monthly_schedule().pk}/", {"catch_up": "all"}),
}
WRITES = {
    **POSTS,
    **{
        name.replace("{}", method, 1): make
        for name, make in CHANGES.items()
        for method in ("PUT", "PATCH")
        if name.replace("{}", method, 1) in expectations.API
    },
}


# They write nothing: who may not read asks nothing.
QUESTIONS = ["POST patients/similar/"]


def writers() -> list[str]:
    """Every write that shows something, from the URL configuration."""
    every = set(addresses.endpoints()) - set(expectations.WEBHOOKS) - expectations.SEARCHES
    every -= set(QUESTIONS)
    return sorted(name for name in every if name.split()[0] in ("POST", "PUT", "PATCH"))


def _sent(client, name):
    path, body = WRITES[name]()
    method = getattr(client, name.split()[0].lower())
    return method(f"/api/v1/{path}", body, format=format_of(name))


@pytest.mark.parametrize("name", writers())
def test_without_the_read_scope_an_answer_is_the_id_alone(name):
    assert name in WRITES, f"Add to WRITES what makes {name} possible"
    view = addresses.endpoints()[name].view
    to_read = scopes_needed(view.cls, "GET")
    assert to_read, f"{name}: say in `read_scopes` who may see what it answers"
    less = _sent(sender(name, *(set(SCOPES) - set(to_read))), name)
    assert less.status_code in (200, 201, 202), less.content
    assert set(less.json()) <= {"id"}
    assert not AccessRecord.objects.exists()


@pytest.mark.parametrize("name", writers())
def test_with_the_read_scope_all_is_shown_and_a_patients_data_is_on_record(name):
    shown = _sent(sender(name), name)
    assert len(shown.json()) > 1
    assert AccessRecord.objects.exists() == ("patients/" in name)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_by_post_is_a_read(name):
    view = addresses.endpoints()[name].view
    to_read = scopes_needed(view.cls, "GET")
    assert to_read
    assert scopes_needed(view.cls, "POST") == to_read
    PatientFactory.create(**PATIENT)
    refused = _sent(sender(name, *(set(SCOPES) - set(to_read))), name)
    assert refused.status_code == 403
    assert not AccessRecord.objects.exists()
    assert _sent(sender(name, *to_read), name).json()["results"]
    assert AccessRecord.objects.exists()


def test_a_replay_shows_no_more_than_its_own_token_may_read(api):
    send = {"data": {"name": "Ada"}, "format": "json", "HTTP_IDEMPOTENCY_KEY": "k"}
    first = api().post("/api/v1/customers/", **send)
    again = api("customers:write").post("/api/v1/customers/", **send)
    assert (first.status_code, again.status_code) == (201, 409)
    assert "Ada" not in again.content.decode()
