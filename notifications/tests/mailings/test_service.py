"""Messages to many: fixed when drafted, made in chunks, once each, whatever stops in between."""

import re

import pytest
from django.core.exceptions import ValidationError

from core import shutdown
from core.workflow import TransitionNotAllowedError
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import UserFactory, actor_named
from notifications.mailings import service as mailings
from notifications.models import Mailing, MailingRecipient, Notification, OptOut, Template
from notifications.policy import staff_decisions
from notifications.sweeper import sweep
from notifications.task_names import dispatch

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"


@pytest.fixture
def small(monkeypatch) -> None:
    """Chunks of two."""
    monkeypatch.setattr(mailings, "CHUNK", 2)


def drafted(count: int = 5, **words: str) -> Mailing:
    CustomerFactory.create_batch(count)
    mailing = mailings.draft(Customer.objects.all(), by="user:maria")
    words = {"channel": "email", "message": "Hi {user_name}, we are closed.", **words}
    Mailing.objects.filter(pk=mailing.pk).update(**words)
    mailing.refresh_from_db()
    return mailing


def started(count: int = 5, **words: str) -> Mailing:
    mailing = drafted(count, **words)
    return mailings.start(
        mailing,
        confirmed_count=mailing.total,
        confirmed_hash=mailings.content_hash(mailing),
        by="user:maria",
    )


def test_each_gets_one_in_their_own_name(small):
    mailing = started()
    assert mailings.write(mailing.pk) == 5
    mailing.refresh_from_db()
    assert (mailing.state, mailing.written) == ("done", 5)
    for row in Notification.objects.select_related("customer"):
        assert row.message == f"Hi {row.customer.name}, we are closed."
    assert not MailingRecipient.objects.exists()


def test_killed_between_chunks_it_goes_on_where_it_was(small):
    mailing = started()
    assert mailings.write_chunk(mailing.pk) == 2
    Mailing.objects.update(worked_at="2026-01-01T00:00Z")
    sweep()
    mailings.write(mailing.pk)
    assert Notification.objects.count() == 5
    assert set(Notification.objects.values_list("state", flat=True)) <= {"queued", "sent"}


def test_asked_to_stop_it_ends_after_its_chunk_and_another_goes_on(small, ask_to_stop):
    mailing = started()
    ask_to_stop()
    assert mailings.write(mailing.pk) == 2
    shutdown.forget()
    assert mailings.write(mailing.pk) == 3


def test_killed_within_a_chunk_nothing_of_it_is_there(small, monkeypatch):
    mailing = started()

    def dies(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "delay_on_commit", dies)
        with pytest.raises(SystemExit):
            mailings.write_chunk(mailing.pk)
    assert (Notification.objects.count(), MailingRecipient.objects.count()) == (0, 5)


def test_stopped_it_makes_no_more_until_it_goes_on(small):
    mailing = started()
    mailings.write_chunk(mailing.pk)
    mailings.stop(mailing, by="user:maria")
    assert mailings.write(mailing.pk) == 0
    mailings.resume(mailing, by="user:maria")
    assert mailings.write(mailing.pk) == 3
    kinds = list(mailing.events.values_list("kind", flat=True))
    assert kinds == ["drafted", "running", "stopped", "running", "done"]


def test_who_has_opted_out_is_on_record_and_not_told():
    mailing = drafted(2)
    gone = Customer.objects.earliest("id")
    OptOut.objects.create(channel="email", recipient=gone.email)
    mailings.start(
        mailing, confirmed_count=2, confirmed_hash=mailings.content_hash(mailing), by="user:maria"
    )
    mailings.write(mailing.pk)
    mailing.refresh_from_db()
    assert (mailing.written, mailing.suppressed) == (2, 1)
    assert "opted out" in Notification.objects.get(customer=gone).last_error


def test_the_forecast_counts_whom_it_reaches():
    mailing = drafted(4)
    first, second, *_ = Customer.objects.order_by("id")
    OptOut.objects.create(channel="email", recipient=first.email)
    Customer.objects.filter(pk=second.pk).update(email="")
    found = mailings.forecast(mailing)
    assert (found.total, found.reachable, found.opted_out) == (4, 2, 1)
    assert found.sample.message == f"Hi {first.name}, we are closed."


def test_another_number_starts_nothing():
    mailing = drafted(3)
    with pytest.raises(ValidationError, match="It goes to 3"):
        mailings.start(
            mailing,
            confirmed_count=4,
            confirmed_hash=mailings.content_hash(mailing),
            by="user:maria",
        )
    mailing.refresh_from_db()
    assert mailing.state == "draft"


def test_it_is_started_once():
    mailing = started(1)
    with pytest.raises(TransitionNotAllowedError):
        mailings.start(
            mailing,
            confirmed_count=1,
            confirmed_hash=mailings.content_hash(mailing),
            by="user:maria",
        )


@pytest.mark.parametrize(
    "words",
    [
        {"message": ""},
        {"message": "x" * 2001},
        {"message": "Hi {order_number}"},
        {"message": "Hi\u202e"},
        {"subject": "a\r\nBcc: x@example.com"},
        {"channel": "sms", "message": "Your DNA"},
        {"template_name": "nobody-wrote-it", "message": ""},
    ],
)
def test_words_that_could_not_be_sent_are_refused(words):
    with pytest.raises(ValidationError):
        started(1, **words)


def test_a_template_speaks_each_customers_language():
    for language, body in (("en", "Closed"), ("sw", "Imefungwa")):
        Template.objects.create(
            occasion="mailing", name="closed", channel="email", language=language, body=body
        )
    mailing = drafted(2, template_name="closed", message="")
    Customer.objects.filter(pk=Customer.objects.earliest("id").pk).update(language="sw-KE")
    mailings.start(
        mailing, confirmed_count=2, confirmed_hash=mailings.content_hash(mailing), by="user:maria"
    )
    mailings.write(mailing.pk)
    texts = Notification.objects.order_by("customer_id").values_list("message", flat=True)
    assert list(texts) == ["Imefungwa", "Closed"]


@pytest.mark.parametrize("many", [2, 40])
def test_a_chunk_costs_the_same_few_statements(many, django_assert_num_queries):
    mailing = started(many)
    staff_decisions.present()
    with django_assert_num_queries(12):
        assert mailings.write_chunk(mailing.pk) == many


def test_staff_write_to_the_customers_of_a_list_and_start_it_with_the_number(client):
    client.force_login(UserFactory.create(username="maria", is_superuser=True))
    CustomerFactory.create_batch(3)
    keys = list(Customer.objects.values_list("pk", flat=True))
    form = {"action": "write_to_these", "_selected_action": keys}
    page = client.post(LIST, form)
    mailing = Mailing.objects.get()
    assert page.headers["Location"] == f"/admin/notifications/mailing/{mailing.pk}/change/"
    assert (mailing.total, mailing.created_by) == (3, actor_named("maria"))
    Mailing.objects.update(message="Hello", channel="email")
    start = f"/admin/notifications/mailing/{mailing.pk}/start/"
    assert "Hello" in client.get(start).content.decode()
    mailing.refresh_from_db()
    seen = {"seen": mailings.content_hash(mailing), "_form_submitted": "on"}
    client.post(start, {"count": 2, **seen})
    mailing.refresh_from_db()
    assert mailing.state == "draft"
    client.post(start, {"count": 3, **seen})
    mailing.refresh_from_db()
    assert mailing.state == "running"


def test_words_that_were_changed_while_somebody_looked_do_not_go_out(client):
    client.force_login(UserFactory.create(is_superuser=True))
    mailing = drafted(2)
    start = f"/admin/notifications/mailing/{mailing.pk}/start/"
    [seen] = re.findall(r'name="seen" value="(\w+)"', client.get(start).content.decode())
    Mailing.objects.update(message="Something else")
    client.post(start, {"count": 2, "seen": seen, "_form_submitted": "on"})
    mailing.refresh_from_db()
    assert mailing.state == "draft"


def test_staff_write_to_all_that_a_search_has_found(client):
    client.force_login(UserFactory.create(is_superuser=True))
    for name in ("Ada One", "Ada Two", "Bob"):
        CustomerFactory.create(name=name)
    chosen = Customer.objects.get(name="Ada One").pk
    form = {"action": "write_to_all_matching", "_selected_action": [chosen]}
    client.post(f"{LIST}?q=Ada", form)
    names = MailingRecipient.objects.values_list("customer__name", flat=True)
    assert sorted(names) == ["Ada One", "Ada Two"]


def test_who_may_only_look_writes_to_nobody(client):
    from django.contrib.auth.models import Permission

    user = UserFactory.create()
    for name in ("view_customer", "view_mailing"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    customer = CustomerFactory.create()
    client.post(LIST, {"action": "write_to_these", "_selected_action": [customer.pk]})
    assert not Mailing.objects.exists()
    mailing = drafted(1)
    client.post(
        f"/admin/notifications/mailing/{mailing.pk}/start/",
        {"count": mailing.total, "_form_submitted": "on"},
    )
    mailing.refresh_from_db()
    assert mailing.state == "draft"
