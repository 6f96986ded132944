"""The link by which a customer says where an order goes: what is taken, and what is not."""

from datetime import timedelta

import pytest

from core.api.filters import LARGEST_ID
from orders.address_page import link

NOON = "2026-03-01T12:00:00Z"
CHANGES = {
    "shorter": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "other capitals": lambda token: token.swapcase(),
    "more parts": lambda token: token.replace("-", "--", 1),
    "the digest alone": lambda token: token.split("-", 2)[2],
    "empty": lambda token: "",
    "dashes": lambda token: "-" * 10,
    "umlauts": lambda token: "ä-ö-ü",
    "huge": lambda token: "1" * 100_000,
}


@pytest.fixture
def token(time_machine):
    time_machine.move_to(NOON)
    return link.token_for(42)


def test_it_names_its_order(token):
    assert link.read(token) == link.Link(order=42, has_expired=False)


def test_it_is_good_for_thirty_days_and_then_says_that_it_has_run_out(token, time_machine):
    time_machine.shift(link.GOOD_FOR)
    assert link.read(token) == (42, False)
    time_machine.shift(timedelta(days=1))
    assert link.read(token) == (42, True)


def test_no_other_order_and_no_other_day_passes(token, time_machine):
    order, day, digest = token.split("-", 2)
    time_machine.shift(timedelta(days=1))
    other_order, other_day, _ = link.token_for(43).split("-", 2)
    for forged in (f"{other_order}-{day}-{digest}", f"{order}-{other_day}-{digest}"):
        assert link.read(forged) is None


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_we_have_not_made_is_nobodys(token, change):
    assert link.read(change(token)) is None


def test_no_key_beyond_the_database_is_looked_for(token):
    assert link.read(link.token_for(LARGEST_ID)) == (LARGEST_ID, False)
    assert link.read(link.token_for(LARGEST_ID + 1)) is None


def test_a_token_outlives_a_change_of_the_secret_key_while_the_old_one_is_kept(token, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert link.read(token) == (42, False)
    settings.SECRET_KEY_FALLBACKS = []
    assert link.read(token) is None


def test_who_reads_a_message_is_not_shown_the_link(token):
    text = f"Where does it go? https://dosette.example/address/{token}/ Thank you."
    assert link.hidden(text) == "Where does it go? https://dosette.example/address/…/ Thank you."
    assert link.hidden("https://dosette.example/address/book/") == (
        "https://dosette.example/address/book/"
    )
