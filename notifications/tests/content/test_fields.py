"""Which fields a text may name, for what and by which channel."""

import re

import pytest
from django.core.exceptions import ValidationError

from notifications.channels import channels
from notifications.content.fields import FIELDS, SAMPLE, check_fields, fields_for, hidden_fields
from notifications.models import Occasion

ALL = [(occasion, channel) for occasion in Occasion.values for channel in sorted(channels())]


@pytest.mark.parametrize(("occasion", "channel"), ALL)
def test_each_is_explained_and_has_a_sample(occasion: str, channel: str):
    known = fields_for(occasion, channel)
    assert all(known.values())
    assert known.keys() <= SAMPLE.keys()
    assert known.keys() <= FIELDS.keys()


@pytest.mark.parametrize(
    ("occasion", "field"),
    [
        ("shipment-in-transit", "tracking_url"),
        ("shipments-digest", "parcels"),
        ("order-needs-address", "address_url"),
        ("order-placed", "order_number"),
    ],
)
def test_a_text_names_what_its_occasion_is_about(occasion: str, field: str):
    able = [other for other in Occasion.values if field in fields_for(other, "email")]
    assert occasion in able
    assert "mailing" not in able


@pytest.mark.parametrize("channel", sorted(channels()))
def test_what_was_ordered_is_not_told_where_anybody_may_read_it(channel: str):
    shown = "item" in fields_for("order-placed", channel)
    assert shown is not bool(channels()[channel].visible_on_lock_screen)
    assert shown is ("item" not in hidden_fields(channel))


def test_only_an_e_mail_has_the_page_to_hear_no_more():
    able = {channel for _, channel in ALL if "unsubscribe_url" in fields_for("mailing", channel)}
    assert able == {"email"}


@pytest.mark.parametrize("text", ["{nobody}", "{}", "{user_name} {Nobody}", "{user_name!r}"])
def test_an_unknown_field_is_answered_with_those_there_are(text: str):
    with pytest.raises(ValidationError, match=re.escape("{user_name}, {count}")):
        check_fields(text, ["user_name", "count"])


@pytest.mark.parametrize("text", ["{", "}", "{user_name", "{{user_name}}", "a } b"])
def test_a_brace_that_belongs_to_no_field_is_refused(text: str):
    with pytest.raises(ValidationError, match="brace"):
        check_fields(text, ["user_name"])
