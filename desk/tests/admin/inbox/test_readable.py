"""What services say, in words, with their JSON apart."""

import pytest

from desk.admin.inbox.readable import readable


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("", ""),
        ("422: no such street", "422: no such street"),
        ('422: {"error": {"code": "bad_address", "message": "No such street"}}', "No such street"),
        ('{"errors": [{"detail": "House number missing"}, {"detail": "Town unknown"}]}', "missing"),
        ('{"title": "Not allowed", "status": 422}', "Not allowed"),
        ('{"error": "invalid_phone"}', "invalid phone"),
        ('503: {"error": {"code": "x", "message": "Too many \\"retr', 'Too many "retr'),
    ],
    ids=["nothing", "plain", "message", "list", "problem", "a code alone", "cut off"],
)
def test_the_sentence_is_found(said, sentence):
    shown, raw = readable(said)
    assert sentence in shown
    assert bool(raw) == ("{" in said)
    assert "{" not in shown


def test_what_holds_no_sentence_stays_as_it_came():
    assert readable('{"code": 7}') == ('{"code": 7}', "")


def test_the_status_in_front_stays():
    assert readable('422: {"message": "No such street"}')[0] == "422: No such street"
