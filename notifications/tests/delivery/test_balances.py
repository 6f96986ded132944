"""What is left on accounts of services: asked once an hour, and a case when it runs dry."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.cases.models import Case
from core.sweeper import reconcile
from core.values.money import Price
from notifications.delivery import balances
from notifications.models import Balance

pytestmark = pytest.mark.django_db
NAME = "africastalking"


def take(amount: str, currency: str = "KES") -> None:
    balances.take(NAME, Price(Decimal(amount), currency))


def open_cases() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("amount", "is_low"), [("99.99", True), ("100", False), ("100.01", False), ("-5", True)]
)
def test_below_its_threshold_and_not_at_it_an_account_is_a_case(settings, amount, is_low):
    settings.BALANCE_ALERTS = {NAME: "100"}
    take(amount)
    assert open_cases() == (["balance-low"] if is_low else [])


def test_without_a_threshold_nobody_is_alarmed(settings):
    settings.BALANCE_ALERTS = {"gateway": "100"}
    take("0")
    assert open_cases() == []


def test_it_is_one_case_however_often_it_is_low_and_closes_with_the_top_up(settings):
    settings.BALANCE_ALERTS = {NAME: "100"}
    for amount in ("50", "40", "30"):
        take(amount)
    assert open_cases() == ["balance-low"]
    assert "30" in Case.objects.get().happened
    take("500")
    case = Case.objects.get()
    assert (case.closed_by, "500" in case.closing_reason) == (NAME, True)


def test_what_it_holds_is_exact_and_in_its_currency_with_the_time():
    take("1785.5000")
    row = Balance.objects.get()
    assert (row.amount, row.currency, row.problem) == (Decimal("1785.5"), "KES", "")
    assert row.answered_at is not None
    assert row.answered_at > timezone.now() - timedelta(minutes=1)


def test_an_answer_ends_what_was_wrong_before():
    Balance.objects.create(provider=NAME, problem="not sent: timed out")
    take("10")
    assert Balance.objects.get().problem == ""


def test_a_threshold_that_was_lowered_closes_the_case_at_the_next_answer(settings):
    settings.BALANCE_ALERTS = {NAME: "100"}
    take("50")
    settings.BALANCE_ALERTS = {NAME: "10"}
    take("50")
    assert open_cases() == []


def test_the_reconciler_opens_and_closes_what_was_forgotten(settings):
    settings.BALANCE_ALERTS = {NAME: "100"}
    take("50")
    Case.objects.all().delete()
    assert reconcile()["cases opened that nobody had"] == 1
    Balance.objects.update(amount=Decimal(500))
    assert reconcile()["cases closed that are fine again"] == 1


def test_only_services_that_are_in_use_are_asked(settings):
    settings.SMS_PROVIDER = ["gateway"]
    assert balances.ask() == 0
    assert not Balance.objects.exists()


def test_who_was_asked_within_the_hour_is_not_asked_by_another_sweeper(settings, monkeypatch):
    settings.SMS_PROVIDER = [NAME]
    asked_at = timezone.now() - timedelta(minutes=59)
    Balance.objects.create(provider=NAME, asked_at=asked_at)
    assert balances.ask() == 0
    assert Balance.objects.get().asked_at == asked_at


@pytest.mark.parametrize("given", [{}, {NAME: "0"}, {NAME: "12.50", "gateway": "7"}])
def test_thresholds_are_exact_amounts(settings, given):
    settings.BALANCE_ALERTS = given
    assert balances.alerts() == {name: Decimal(text) for name, text in given.items()}
