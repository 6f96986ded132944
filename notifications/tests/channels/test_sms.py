"""To which numbers an SMS goes."""

import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer
from notifications.channels.sms import CHANNEL

KENYAN, BRITISH, AMERICAN, CANADIAN = (
    "+254704590344",
    "+447451277972",
    "+12015550123",
    "+16135550123",
)


@pytest.mark.parametrize("number", [KENYAN, BRITISH])
def test_it_goes_to_the_customers_number_in_e164(number):
    assert CHANNEL.recipient(Customer(name="Ada", phone_number=number)) == number


@pytest.mark.parametrize("number", ["", "+999123", "12", "nonsense", None])
def test_a_customer_without_a_number_that_a_country_has_is_not_reached(number):
    assert CHANNEL.recipient(Customer(name="Ada", phone_number=number)) == ""


@pytest.mark.parametrize("typed", ["07451 277972", "+44 7451 277 972", "(07451) 277-972"])
def test_a_number_that_staff_type_is_the_one_that_is_sent_to(typed):
    assert CHANNEL.clean(typed) == BRITISH


@pytest.mark.parametrize("typed", ["", "12345", "ada@example.com", "+999123", "\x00"])
def test_what_is_no_number_is_refused_with_one_that_is(typed):
    with pytest.raises(ValidationError, match=r"\+447451277972"):
        CHANNEL.clean(typed)


def test_without_a_setting_every_country_gets_them(settings):
    settings.SMS_COUNTRIES = []
    assert [CHANNEL.refusal(number) for number in (KENYAN, BRITISH)] == ["", ""]


def test_only_the_countries_of_the_setting_get_them_and_it_says_which(settings):
    settings.SMS_COUNTRIES = ["KE", "GB"]
    assert CHANNEL.refusal(KENYAN) == CHANNEL.refusal(BRITISH) == ""
    assert CHANNEL.refusal(AMERICAN).endswith("only to GB, KE.")


def test_countries_that_share_a_code_are_told_apart(settings):
    settings.SMS_COUNTRIES = ["CA"]
    assert CHANNEL.refusal(CANADIAN) == ""
    assert CHANNEL.refusal(AMERICAN)


def test_a_refusal_repeats_no_number(settings):
    settings.SMS_COUNTRIES = ["GB"]
    assert KENYAN not in CHANNEL.refusal(KENYAN)
