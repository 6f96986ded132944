"""Templates: named fields only, refused when they are typed and harmless when they are filled."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from customers.tests.factories import AddressFactory, CustomerFactory
from notifications.content.fields import FIELDS, SAMPLE
from notifications.content.rendering import render, render_html
from notifications.models import Notification, Occasion, Template
from orders.tests.factories import placed_kit_order, placed_sale

MESSAGE = json.loads((Path(__file__).parents[1] / "data" / "gateway_message.json").read_text())


def template(body: str = "Hi", *, subject: str = "", occasion: str = "order-placed") -> Template:
    return Template(occasion=occasion, channel="email", subject=subject, body=body)


@pytest.mark.django_db
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_A5_the_words_for_a_placed_order_are_those_of_gateway_message_json(channel):
    delivered = Template.objects.get(occasion="order-placed", channel=channel)
    assert delivered.body == MESSAGE["message"]


@pytest.mark.django_db
@pytest.mark.parametrize("occasion", sorted(set(Occasion.values) - {"mailing"}))
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_there_are_valid_words_for_every_occasion(occasion, channel):
    delivered = Template.objects.get(occasion=occasion, channel=channel)
    delivered.full_clean()
    assert "{" not in render(delivered.subject + delivered.body, SAMPLE)


@pytest.mark.parametrize(
    "body",
    [
        "Hi {name}",
        "Hi {user_name.__class__}",
        "Hi {user_name!r}",
        "Hi {user_name:>999999999}",
        "Hi {0}",
        "Hi {}",
        "Hi {user_name",
        "Hi user_name}",
        "Hi {{user_name}}",
        "{tracking_url}",
        "",
        "x" * 2001,
        "a\x00b",
        "a\u202eb",
        "a\u2066b",
        "a\u2028b",
    ],
)
def test_a_template_that_could_not_be_filled_is_refused_when_it_is_typed(body):
    with pytest.raises(ValidationError) as refused:
        template(body).full_clean(validate_unique=False, validate_constraints=False)
    assert "body" in refused.value.message_dict


def test_a_parcels_fields_are_there_for_parcels():
    parcel = template("{reference} {tracking_url}", occasion="shipment-in-transit")
    parcel.full_clean(validate_unique=False, validate_constraints=False)


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: x@example.com", "Hi\x00", " Hi", "{nobody}"])
def test_a_subject_is_one_line_of_known_fields(subject):
    with pytest.raises(ValidationError) as refused:
        template(subject=subject).full_clean(validate_unique=False, validate_constraints=False)
    assert "subject" in refused.value.message_dict


def test_values_are_not_filled_in_again():
    values = dict.fromkeys(FIELDS, "{amount}") | {"amount": "secret"}
    assert render("Hi {user_name}", values) == "Hi {amount}"


def test_values_are_one_line_each():
    assert (
        render("Hi {user_name}!", {"user_name": "Jane\r\nBcc: x\x00\u2028y"}) == "Hi Jane Bcc: x y!"
    )


@pytest.mark.django_db
def test_a_name_with_braces_arrives_as_it_is():
    placed_sale(CustomerFactory.create(name="{amount} {0.__class__}"))
    assert Notification.objects.get().message.startswith("Hi {amount} {0.__class__}, your order")


@pytest.mark.django_db
def test_what_grows_too_long_is_cut():
    Template.objects.update(body="{user_name}" * 180, subject="{user_name}" * 9)
    placed_kit_order(customer=CustomerFactory.create(name="x" * 100))
    row = Notification.objects.get()
    assert (len(row.message), len(row.subject)) == (2000, 100)
    assert row.message.endswith("…")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<p onclick="x()">Hi</p>',
        '<a href="javascript:x()">Hi</a>',
        '<a href="http://plain.example">Hi</a>',
        '<img src="https://tracker.example/1.gif">',
        '<p style="background:url(https://tracker.example)">Hi</p>',
        "<!-- hidden -->",
        "<!doctype html>",
        "<?xml version='1.0'?>",
        "<![CDATA[x]]>",
        '<a href="https://a.example',
        "Hi <",
        "Hi </",
        "Hi <div style='display:none",
        "<p <b>x</p>",
        "<svg><style><p id='</style><b onclick=x()>'></svg>",
        "<math><mtext><table><mglyph><style><!--</style><b title='--&gt;&lt;img src&gt;'>",
        "<table><tr><td>in</td></tr>before it</table>",
        "<P STYLE='background:URL(//x)'>",
        "<p>{nobody}</p>",
        "<p>\u202e</p>",
        pytest.param("x" * 20_001, id="too long"),
    ],
)
def test_markup_that_could_run_or_load_something_is_refused_when_it_is_typed(html):
    row = template()
    row.html = html
    with pytest.raises(ValidationError) as refused:
        row.full_clean(validate_unique=False, validate_constraints=False)
    assert "html" in refused.value.message_dict


@pytest.mark.parametrize(
    "html",
    [
        '<h1>Hi &amp; welcome</h1><p style="color:red">1 < 2<br>{user_name}</p>',
        '<table><tr><td align="left">a</td></tr></table><ul><li>one<li>two</ul><hr>',
        '<a href="{unsubscribe_url}">stop</a> <A HREF="mailto:a@b.example">us</A>',
        "",
    ],
)
def test_markup_that_only_shows_something_is_taken(html):
    row = template()
    row.html = html
    row.full_clean(validate_unique=False, validate_constraints=False)


def test_values_are_text_in_markup_and_links_lead_to_the_web():
    html = '<p>{user_name}</p><a href="{tracking_url}">where</a>'
    values = {"user_name": '<b>"Jane" & co', "tracking_url": "javascript:alert(1)"}
    assert render_html(html, values) == (
        '<p>&lt;b&gt;&quot;Jane&quot; &amp; co</p><a href="">where</a>'
    )


@pytest.mark.django_db
def test_a_template_of_its_own_markup_is_kept_with_the_message():
    Template.objects.filter(occasion="order-placed", channel="email").update(
        html="<h1>{order_number}</h1>"
    )
    order = placed_kit_order("ancestry", customer=AddressFactory.create().customer)
    assert Notification.objects.get().html == f"<h1>{order.number}</h1>"


@pytest.mark.parametrize("channel", ["sms", "push"])
def test_only_e_mail_has_a_body_in_html(channel):
    row = Template(occasion="order-placed", channel=channel, body="Hi", html="<p>Hi</p>")
    with pytest.raises(ValidationError, match="Only e-mail"):
        row.clean()
