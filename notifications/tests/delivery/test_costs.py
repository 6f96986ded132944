"""What messages cost: exact decimals, by day, channel and service."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http import Done, Response
from core.values.money import Price, parse_service_price
from customers.tests.factories import CustomerFactory
from notifications.channels.africastalking.transport import AfricasTalking
from notifications.delivery.queues import dispatch
from notifications.models import DailyCost
from notifications.services import notify, resend
from notifications.tests.factories import queued, sent


@pytest.mark.parametrize(
    ("said", "is_worth"),
    [
        ("KES 0.8000", Price(Decimal("0.8000"), "KES")),
        ("UGX 25", Price(Decimal(25), "UGX")),
        ("NGN 123456789.123456", Price(Decimal("123456789.123456"), "NGN")),
    ],
)
def test_a_price_is_an_exact_decimal_with_its_currency(said, is_worth):
    assert parse_service_price(said) == is_worth
    assert str(is_worth) == said


@pytest.mark.parametrize(
    "said",
    [
        *("", "0", "0.8", "KES", "KES 0,8", "KES -1", "KES 1e3", "KES NaN", "kes 1", "XQQ 1"),
        *("KES 1 ", "KES  1", "1 KES", "KES 1234567890", "KES 0.1234567", "KES .5", "KES 1."),
        "KES ١",
    ],
)
def test_any_other_form_is_no_price(said):
    assert parse_service_price(said) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_prices(said):
    assert parse_service_price(said) is None or str(parse_service_price(said)) == said


@pytest.mark.parametrize(("said", "kept"), [("KES 0.8000", "KES 0.8000"), ("free", "free")])
def test_what_the_service_said_is_kept_as_it_is(said, kept):
    recipient = {"statusCode": 101, "messageId": "ATXid_1", "cost": said}
    body = json.dumps({"SMSMessageData": {"Message": "", "Recipients": [recipient]}}).encode()
    outcome = AfricasTalking().read(Response(201, {"content-type": "application/json"}, body))
    assert isinstance(outcome, Done)
    assert outcome.details == {"cost": kept}


@pytest.mark.django_db
def test_what_was_taken_is_added_up_by_day_channel_and_service(sandbox, time_machine):
    time_machine.move_to("2026-07-01 22:59:00Z", tick=False)
    for digits in ("0344", "0345", "9403"):  # the last one is rejected, and costs nothing
        sent(phone_number=f"+25470459{digits}")
    sent("email")
    time_machine.move_to("2026-07-01 23:01:00Z", tick=False)  # the next day, in London
    sent()
    rows = DailyCost.objects.order_by("day", "channel").values_list(
        "day", "channel", "provider", "messages", "amount", "currency"
    )
    assert [(str(day), *rest) for day, *rest in rows] == [
        ("2026-07-01", "email", "gateway", 1, Decimal(0), ""),
        ("2026-07-01", "sms", "africastalking", 2, Decimal("1.6"), "KES"),
        ("2026-07-02", "sms", "africastalking", 1, Decimal("0.8"), "KES"),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("hurried")
def test_a_message_that_is_sent_again_costs_again(sandbox):
    sandbox.faults(africastalking={"mode": "garbled", "times": 1})
    row = sent()
    resend(row, by="jane", reason="they never got it", despite_risk=True)
    dispatch()
    assert DailyCost.objects.get().messages == 1, "of the garbled answer nobody knows"
    row.refresh_from_db()
    assert row.cost == "KES 0.8000"


@pytest.mark.django_db
def test_what_others_will_cost_goes_by_how_many_sms_they_take(sandbox):
    for text in ("short", "long " * 40):  # the second takes two SMS, at the price of one here
        notify(CustomerFactory.create(), message=text, channel="sms")
    dispatch()
    assert DailyCost.objects.likely("sms", 10) == "KES 5.33"
    assert DailyCost.objects.likely("sms", 10, segments=3) == "KES 16.00"
    assert DailyCost.objects.likely("email", 10) == ""


@pytest.mark.django_db
def test_messages_of_which_the_release_before_counted_no_sms_count_as_one_each(time_machine):
    time_machine.move_to("2026-07-02 12:00:00Z", tick=False)
    facts = {"channel": "sms", "provider": "x", "messages": 4, "currency": "KES"}
    DailyCost.objects.create(day="2026-07-01", amount=8, **facts)
    assert DailyCost.objects.likely("sms", 1, segments=2) == "KES 4.00"


@pytest.mark.django_db
def test_a_chunk_takes_one_statement_for_its_costs(sandbox, django_assert_max_num_queries):
    for _ in range(9):
        queued()
    with django_assert_max_num_queries(19) as asked:
        dispatch("sms", "africastalking")
    added = [query for query in asked.captured_queries if "dailycost" in query["sql"]]
    assert len(added) == 1
