"""Texts of messages: what is refused as it is typed."""

import pytest
from django.db import IntegrityError, transaction

from notifications.tests.models.rows import refused, template

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "Hi {nobody}"}, "body"),
        ({"body": "Hi {user_name"}, "body"),
        ({"body": "A brace {{ and another }}"}, "body"),
        ({"body": "Hi {user_name.__class__}"}, "body"),
        ({"body": "Hi {0}"}, "body"),
        ({"body": "Where: {tracking_url}"}, "body"),
        ({"subject": "Hi {nobody}"}, "subject"),
        ({"subject": "Two\nlines"}, "subject"),
        ({"html": "<p>{nobody}</p>"}, "html"),
        ({"html": "<script>x</script>"}, "html"),
        ({"html": "<p>Hi</p>", "channel": "sms", "subject": ""}, "html"),
        ({"language": "english"}, "language"),
        ({"name": "two words"}, "name"),
        ({"occasion": "nothing"}, "occasion"),
        ({"channel": "pigeon"}, "channel"),
        ({"occasion": "mailing", "body": "Order {order_number}"}, "body"),
        ({"occasion": "shipments-digest", "body": "{order_number}"}, "body"),
    ],
)
def test_a_template_that_could_not_be_filled_in_is_refused_by_field(values, field):
    assert field in refused(template(**values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"body": "Hi {user_name}, {order_number}"},
        {"occasion": "shipment-in-transit", "body": "It is at {tracking_url}"},
        {"occasion": "mailing", "body": "Hi {user_name}"},
        {"html": '<p>Hi {user_name}</p><a href="{unsubscribe_url}">stop</a>'},
        {"language": "PT-br"},
    ],
)
def test_a_template_that_can_is_taken(values):
    assert refused(template(**values)) == set()


def test_a_language_is_kept_in_its_usual_letters_so_that_it_is_found():
    row = template(language="PT-br")
    row.full_clean()
    assert row.language == "pt-BR"


def test_there_is_one_template_for_a_case_and_language():
    template().save()
    with pytest.raises(IntegrityError), transaction.atomic():
        template().save()
    template(language="sw").save()
    template(name="another").save()
    assert refused(template()) != set()


def test_a_template_says_for_what_it_is():
    assert str(template()) == "order placed “other”, by e-mail, en"
    assert str(template(name="")) == "order placed, by e-mail, en"
