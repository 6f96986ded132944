"""Settings are seen as they will be, before anybody saves them."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from customers.tests.factories import CustomerFactory
from identity.tests.factories import browser_of, staff
from notifications.models import Notification, Rule, Template, TemplateVersion
from orders.tests.factories import placed_order

URL = "/admin/notifications/template/preview/"


@pytest.fixture
def mona(db) -> Client:
    return browser_of(staff("manager"))


def typed(**changed: str) -> dict[str, str]:
    text = {"occasion": "order-placed", "channel": "sms", "language": "en", "subject": ""}
    return text | {"body": "Hi {user_name}, {order_number} is here.", "html": ""} | changed


def phone(client: Client, **changed: str) -> str:
    answer = client.post(URL, typed(**changed))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_is_filled_in_with_the_newest_order_and_counted(mona):
    placed_order(CustomerFactory.create(name="Amina Odhiambo"))
    order = placed_order(CustomerFactory.create(name="Mina Xandoe"))
    page = phone(mona)
    assert f"Hi Mina Xandoe, {order.number} is here." in page
    assert "1 SMS" in page


def test_another_order_is_named_however_it_is_typed(mona):
    order = placed_order(CustomerFactory.create(name="Amina Odhiambo"))
    placed_order(CustomerFactory.create())
    assert "Hi Amina Odhiambo" in phone(mona, preview_order=f" {str(order.number).upper()} ")
    page = phone(mona, preview_order="co-999999")
    assert "There is no order with this number" in page
    assert "Hi Jane Doe" in page


def test_nothing_is_written_and_nothing_is_sent(mona):
    placed_order(CustomerFactory.create())
    before = [model.objects.count() for model in (Template, TemplateVersion, Notification)]
    phone(mona)
    assert before == [m.objects.count() for m in (Template, TemplateVersion, Notification)]


def test_a_field_that_is_not_there_is_said_while_it_is_typed(mona):
    page = phone(mona, body="Hi {nobody}")
    assert "There is no field {nobody} here" in page
    assert 'style="max-width' not in page


def test_what_is_not_typed_yet_is_only_missing(mona):
    assert "Still missing: body." in phone(mona, body="")


def test_an_email_is_shown_in_a_frame_that_runs_nothing(mona):
    placed_order(CustomerFactory.create(name="<script>alert(1)</script>"))
    page = phone(mona, channel="email", subject="Hi {user_name}", html="<p>{user_name}</p>")
    assert 'sandbox=""' in page
    assert "<script>" not in page
    assert "&lt;p&gt;" in page  # the whole of it is one attribute
    assert "<p>" not in page.split("srcdoc")[1].split("</iframe>")[0]


def test_a_template_that_exists_already_is_previewed_all_the_same(mona):
    there = Template.objects.filter(channel="sms", name="").first()
    assert there
    page = phone(mona, occasion=there.occasion, language=there.language, body="Hello")
    assert "Hello" in page


def test_who_sees_no_customers_sees_no_name(db):
    placed_order(CustomerFactory.create(name="Amina Odhiambo"))
    person = staff("support")
    person.groups.clear()
    for code in ("view_template", "view_order"):
        person.user_permissions.add(Permission.objects.get(codename=code))
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = phone(client)
    assert "Amina" not in page
    assert "Hi •••" in page


def test_it_takes_few_statements(mona, django_assert_max_num_queries):
    placed_order(CustomerFactory.create())
    with django_assert_max_num_queries(12):
        phone(mona)


def test_who_sees_no_templates_is_refused(db):
    assert browser_of(staff("fulfilment")).post(URL, typed()).status_code == 403
    assert browser_of(staff("manager")).get(URL).status_code == 403


LIMITS = {"messages_per_day": "0", "duplicate_minutes": "0", "digest_minutes": "0"}


def lines(client: Client, page: str, **given: str) -> list[tuple[str, str, str]]:
    answer = client.post(f"/admin/notifications/{page}/preview/", given)
    assert answer.status_code == 200
    return [(each.text, each.state, " ".join(each.facts)) for each in answer.context["lines"]]


def test_quiet_hours_say_when_a_message_would_go(mona, settings):
    settings.CUSTOMER_TIME_ZONE = "Africa/Nairobi"
    hours = {"quiet_from": "21:00", "quiet_until": "08:00"}
    shown = {text[17:22]: facts for text, _, facts in lines(mona, "limits", **LIMITS, **hours)}
    assert shown["12:00"] == "goes at once"
    assert shown["23:00"].startswith("waits until 08:00 of the next day")
    assert shown["03:00"].startswith("waits until 08:00;")


def test_without_quiet_hours_everything_goes_at_once(mona):
    assert lines(mona, "limits", **LIMITS)[0][0] == "No quiet hours"


def test_half_of_the_quiet_hours_is_refused_while_it_is_typed(mona):
    [(text, _, _)] = lines(mona, "limits", **LIMITS, quiet_from="21:00")
    assert "Give both hours" in text


def rule(**changed: str) -> dict[str, str]:
    return {"occasion": "order-placed", "channel": "email", "is_active": "on"} | changed


def test_a_rule_shows_what_the_latest_orders_would_hear(mona):
    Rule.objects.filter(occasion="order-placed").delete()
    order = placed_order(CustomerFactory.create(email="a@example.com"))
    [(number, standing, facts)] = lines(mona, "rule", **rule())
    assert (number, standing) == (str(order.number), "wins")
    assert "by email: the rule says so" in facts
    assert not Rule.objects.filter(occasion="order-placed").exists()


def test_a_rule_that_gives_way_or_does_not_fit_says_so(mona):
    placed_order(CustomerFactory.create(email="a@example.com"))
    Rule.objects.filter(occasion="order-placed").delete()
    Rule.objects.create(occasion="order-placed", channel="sms", valid_from="2020-01-01")
    assert lines(mona, "rule", **rule())[0][1] == "gives way"
    assert lines(mona, "rule", **rule(product_kind="dna-kit"))[0][1] == "does not fit"


def test_a_rule_that_is_changed_stands_in_for_itself(mona):
    placed_order(CustomerFactory.create(email="a@example.com"))
    Rule.objects.filter(occasion="order-placed").delete()
    saved = Rule.objects.create(occasion="order-placed", channel="sms")
    assert lines(mona, "rule", **rule(), preview_of=str(saved.pk))[0][1] == "wins"
    saved.refresh_from_db()
    assert saved.channel == "sms"


def test_a_rule_that_is_wrong_or_switched_off_says_so(mona):
    placed_order(CustomerFactory.create())
    assert "no DNA kit" in lines(mona, "rule", **rule(kit_type="none-such"))[0][0]
    off = {name: value for name, value in rule().items() if name != "is_active"}
    assert "not active" in lines(mona, "rule", **off)[0][0]


@pytest.mark.parametrize("page", ["rule", "limits"])
def test_who_sees_no_settings_sees_no_preview(db, page):
    client = browser_of(staff("fulfilment"))
    assert client.post(f"/admin/notifications/{page}/preview/", {}).status_code == 403
