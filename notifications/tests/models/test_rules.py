"""Rules: what is refused, and when one holds."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from notifications.models import Rule
from notifications.tests.models.rows import refused, template
from orders.tests.factories import KitFactory

pytestmark = pytest.mark.django_db


def rule(**values: Any) -> Rule:
    usual = {"occasion": "order-placed", "channel": "sms", "valid_from": date(2026, 1, 1)}
    return Rule(**{**usual, **values})


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
