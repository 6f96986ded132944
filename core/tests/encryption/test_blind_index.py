"""Tokens of beginnings are those of the beginnings, however they are made."""

import pytest

from core.encryption import blind_index
from core.encryption.blind_index import LONGEST_PREFIX, WORD, prefix_token, prefix_tokens, token


@pytest.mark.parametrize("word", ["", "o", "villalobos", "zoë", "森田", "x" * 40])
def test_each_beginning_has_the_token_by_which_it_is_searched(word):
    beginnings = [word[:length] for length in range(1, min(len(word), LONGEST_PREFIX) + 1)]
    assert list(prefix_tokens(word)) == [token(WORD, each) for each in beginnings]
    assert list(prefix_tokens(word)) == [prefix_token(each) for each in beginnings]


def test_another_key_gives_other_tokens(monkeypatch):
    ours = prefix_tokens("ada")
    monkeypatch.setattr(blind_index, "blind_index_key", lambda: b"k" * 32)
    assert not set(ours) & set(prefix_tokens("ada"))


def test_a_token_fits_into_a_bigint():
    assert all(-(2**63) <= each < 2**63 for each in prefix_tokens("villalobos"))
