"""Bad settings are refused before anything starts."""

from django.core.checks import run_checks


def test_a_default_currency_that_does_not_exist_is_refused(settings):
    settings.DEFAULT_CURRENCY = "POUNDS"
    assert "orders.E001" in [problem.id for problem in run_checks()]


def test_a_default_region_that_does_not_exist_is_refused(settings):
    settings.PHONENUMBER_DEFAULT_REGION = "UK"
    assert any("region" in problem.msg.lower() for problem in run_checks())


def test_the_settings_as_they_are_pass():
    assert not [problem for problem in run_checks() if str(problem.id).startswith("orders.")]
