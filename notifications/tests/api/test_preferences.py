"""What customers chose, by staff and by programs, on record."""

import pytest

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import UserFactory, actor_named
from notifications.models import Consent, Notification, OptOut, Template
from notifications.policy.opt_outs import opt_out
from notifications.services import notify
from orders.tests.factories import placed_kit_order, placed_sale

pytestmark = pytest.mark.django_db


def url(customer: Customer, page: str = "preferences") -> str:
    return f"/api/v1/customers/{customer.pk}/{page}/"


def swahili(channel: str = "sms") -> Template:
    return Template.objects.create(
        occasion="order-placed", channel=channel, language="sw", body="Habari {user_name}"
    )


def test_a_program_changes_them_and_each_step_is_on_record(api):
    customer = CustomerFactory.create(phone_number="+254711082301")
    wanted = {"channel": "sms", "language": "PT-br", "opted_out": ["email"]}
    answer = api().patch(url(customer), wanted, format="json")
    assert answer.json() == {
        "channel": "sms",
        "language": "pt-BR",
        "time_zone": "",
        "opted_out": ["email"],
    }
    assert api().get(url(customer)).json() == answer.json()
    steps = api().get(url(customer, "consents")).json()["results"]
    assert [(step["kind"], step["how"]) for step in steps] == [
        ("opted-out", "api"),
        ("preferences", "api"),
    ]
    assert steps[1]["detail"] == "channel: default → sms; language: default → pt-BR"


def test_leaving_a_channel_out_lets_messages_through_again(api):
    customer = CustomerFactory.create()
    opt_out("email", customer.email, reason="test")
    api().patch(url(customer), {"opted_out": []}, format="json")
    assert not OptOut.objects.exists()
    assert Consent.objects.latest("id").kind == "opted-in"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"language": "english please"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"opted_out": ["fax"]}, "opted_out.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(api, wanted, field):
    customer = CustomerFactory.create()
    answer = api().patch(url(customer), wanted, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == field
    assert not Consent.objects.exists()


def test_opting_out_without_an_address_is_refused_and_nothing_changes(api):
    customer = CustomerFactory.create(phone_number="")
    wanted = {"language": "sw", "opted_out": ["sms"]}
    assert api().patch(url(customer), wanted, format="json").status_code == 400
    customer.refresh_from_db()
    assert (customer.language, Consent.objects.count()) == ("", 0)


def test_who_may_only_read_changes_nothing(api):
    customer = CustomerFactory.create()
    answer = api("customers:read").patch(url(customer), {"language": "sw"}, format="json")
    assert answer.status_code == 403
    assert Customer.objects.get().language == ""
    assert api().get("/api/v1/customers/99/preferences/").status_code == 404


def test_the_channel_they_chose_wins_over_the_rules_but_not_over_the_order():
    customer = CustomerFactory.create(channel="email")
    assert Notification.objects.get(order=placed_sale(customer)).channel == "email"
    order = placed_kit_order(customer=customer, channel="sms")
    assert Notification.objects.get(order=order).channel == "sms"
    assert notify(CustomerFactory.create(channel="sms"), message="Hello").channel == "sms"


@pytest.mark.parametrize(
    ("language", "said"),
    [("sw", "Habari"), ("sw-KE", "Habari"), ("fr", "Hi"), ("", "Hi")],
)
def test_words_come_in_the_customers_language_or_the_next(language, said):
    swahili()
    order = placed_sale(CustomerFactory.create(language=language))
    assert Notification.objects.get(order=order).message.startswith(said)


def test_the_default_language_comes_before_english(settings):
    settings.DEFAULT_LANGUAGE = "sw"
    swahili()
    order = placed_sale(CustomerFactory.create(language="fr"))
    assert Notification.objects.get(order=order).message.startswith("Habari")


def test_staff_change_them_on_the_customers_page_and_that_is_on_record(client):
    client.force_login(UserFactory.create(username="maria", is_superuser=True))
    customer = CustomerFactory.create()
    page = f"/admin/customers/customer/{customer.pk}/change/"
    form = {
        name: value
        for name, value in client.get(page).context["adminform"].form.initial.items()
        if value
    }
    inlines = {
        f"{fs.formset.prefix}-{name}": 0
        for fs in client.get(page).context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = client.post(page, {**form, **inlines, "language": "SW", "channel": "sms"})
    assert answer.status_code == 302, answer.context["errors"]
    customer.refresh_from_db()
    assert (customer.language, customer.channel) == ("sw", "sms")
    step = Consent.objects.get()
    assert (step.actor, step.how, step.customer) == (actor_named("maria"), "staff", customer)
    assert "language: default → sw" in client.get(page).content.decode()
