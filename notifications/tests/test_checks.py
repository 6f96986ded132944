"""What is wrong in the settings is said at the start, not at the first message."""

import pytest

from notifications.checks import check_balances, check_limits, check_transports


@pytest.fixture(autouse=True)
def _sound(settings):
    settings.SMS_PROVIDER, settings.EMAIL_PROVIDER = ["gateway"], ["gateway"]
    settings.NOTIFICATION_LIMITS, settings.BALANCE_ALERTS, settings.DEMO = {}, {}, False


def test_sound_settings_are_passed_by():
    assert check_transports(None) == check_limits(None) == check_balances(None) == []


@pytest.mark.parametrize("names", [["gateway", "pigeon"], ["pigeon"], ["anymail"], [""]])
def test_a_service_that_carries_no_such_messages_is_named(settings, names):
    settings.SMS_PROVIDER = names
    [problem] = check_transports(None)
    assert problem.id == "notifications.E001"
    assert "SMS_PROVIDER names" in problem.msg


def test_blanks_around_a_name_are_nobodys_mistake(settings):
    settings.SMS_PROVIDER = [" gateway "]
    assert check_transports(None) == []


@pytest.mark.parametrize(("demo", "problems"), [(False, ["notifications.E002"]), (True, [])])
def test_the_console_carries_messages_for_developers_only(settings, demo, problems):
    settings.DEMO, settings.EMAIL_PROVIDER = demo, ["gateway", "console"]
    assert [each.id for each in check_transports(None)] == problems


@pytest.mark.parametrize("name", ["gateway", "sms:gateway", "email:anymail"])
@pytest.mark.parametrize(("limit", "problems"), [("20/50", []), ("20", []), ("fast", ["E004"])])
def test_a_limit_is_of_a_service_or_of_one_channel_of_it(settings, name, limit, problems):
    settings.NOTIFICATION_LIMITS = {name: limit}
    assert [each.id for each in check_limits(None)] == [f"notifications.{p}" for p in problems]


@pytest.mark.parametrize("name", ["pigeon", "sms:anymail", "sms", "", "gateway:sms"])
def test_a_limit_of_nobody_is_named(settings, name):
    settings.NOTIFICATION_LIMITS = {name: "nonsense"}
    assert [each.id for each in check_limits(None)] == ["notifications.E003", "notifications.E004"]


@pytest.mark.parametrize("amount", ["0", "500", "12.50"])
def test_a_threshold_is_an_amount(settings, amount):
    settings.BALANCE_ALERTS = {"africastalking": amount}
    assert check_balances(None) == []
