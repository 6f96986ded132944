"""What staff decide is refused when it is typed, where it could not be kept to."""

from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from notifications.models import Limits, Rule, Template
from orders.tests.factories import KitFactory

pytestmark = pytest.mark.django_db


def refused(row: Any) -> set[str]:
    """The fields that are sent back; none when the row is sound."""
    try:
        row.full_clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


def template(**values: str) -> Template:
    usual = {"occasion": "order-placed", "name": "other", "channel": "email", "language": "en"}
    return Template(**{**usual, "body": "Hi {user_name}", "subject": "Your order", **values})


def rule(**values: Any) -> Rule:
    usual = {"occasion": "order-placed", "channel": "sms", "valid_from": date(2026, 1, 1)}
    return Rule(**{**usual, **values})


def limits(**values: Any) -> Limits:
    return Limits(**values)


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


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"valid_from": date(2026, 2, 2), "valid_until": date(2026, 2, 1)}, "valid_until"),
        ({"kit_type": "nothing"}, "kit_type"),
        ({"product_kind": "treatment", "kit_type": "ancestry"}, "product_kind"),
        ({"template_name": "nothing"}, "template_name"),
        ({"occasion": "mailing"}, "occasion"),
        ({"occasion": "shipments-digest"}, "occasion"),
        ({"channel": "pigeon"}, "channel"),
    ],
)
def test_a_rule_that_nobody_could_keep_is_refused_by_field(values, field):
    KitFactory.create(item_id="ancestry")
    assert field in refused(rule(**values))


def test_a_rule_for_a_kit_is_one_for_kits():
    KitFactory.create(item_id="ancestry")
    row = rule(kit_type="ancestry")
    row.full_clean()
    assert row.product_kind == "dna-kit"


def test_a_rule_names_a_template_that_its_own_channel_has():
    template(name="warm", channel="email").save()
    assert refused(rule(channel="sms", template_name="warm")) == {"template_name"}
    assert refused(rule(channel="email", template_name="warm")) == set()
    assert refused(rule(occasion="order-cancelled", channel="email", template_name="warm")) == {
        "template_name"
    }


def test_a_rule_of_a_kit_that_is_no_longer_sold_can_still_be_switched_off():
    KitFactory.create(item_id="ancestry")
    row = rule(kit_type="ancestry", product_kind="dna-kit")
    row.save()
    KitFactory._meta.model.objects.all().delete()
    row.is_active = False
    assert refused(row) == set()
    row.kit_type = "another"
    assert refused(row) == {"kit_type"}


def test_two_rules_without_dates_for_one_case_are_refused_by_the_database():
    values = {"product_kind": "treatment", "valid_from": None}
    rule(**values).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(**values).save()
    rule(**values | {"valid_until": date(2026, 1, 1)}).save()


@pytest.mark.parametrize(
    ("first", "last", "day", "holds"),
    [
        (None, None, date(2026, 1, 15), True),
        (date(2026, 1, 15), None, date(2026, 1, 15), True),
        (date(2026, 1, 15), None, date(2026, 1, 14), False),
        (None, date(2026, 1, 15), date(2026, 1, 15), True),
        (None, date(2026, 1, 15), date(2026, 1, 16), False),
        (date(2026, 1, 15), date(2026, 1, 15), date(2026, 1, 15), True),
    ],
)
def test_a_rule_holds_from_its_first_day_to_its_last(first, last, day, holds):
    assert rule(valid_from=first, valid_until=last).is_valid_on(day) is holds


def test_without_a_day_it_is_asked_of_today():
    row = rule(valid_from=date(2026, 7, 2))
    with time_machine.travel("2026-07-01 12:00Z", tick=False):
        assert not row.is_valid_on()
    with time_machine.travel("2026-07-02 12:00Z", tick=False):
        assert row.is_valid_on()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quiet_from": time(22)}, "quiet_until"),
        ({"quiet_until": time(7)}, "quiet_until"),
        ({"quiet_from": time(7), "quiet_until": time(7)}, "quiet_until"),
        ({"messages_per_day": 101}, "messages_per_day"),
        ({"duplicate_minutes": 1441}, "duplicate_minutes"),
        ({"digest_minutes": 121}, "digest_minutes"),
        ({"messages_per_day": -1}, "messages_per_day"),
    ],
)
def test_limits_that_make_no_sense_are_refused_by_field(values, field):
    assert refused(limits(**values)) == {field}


def test_quiet_hours_may_go_over_midnight_or_not_be():
    assert refused(limits(quiet_from=time(22), quiet_until=time(7))) == set()
    assert refused(limits()) == set()
