"""Ids of ours in files: nobody is taken for somebody else."""

import pytest
from django.core.exceptions import ValidationError

from core.imports import own_ids
from core.models import Case, Failure


def test_what_was_written_is_read_again_in_any_case_and_with_blanks():
    text = own_ids.written(Failure, 12)
    assert text.startswith("failure-12-")
    assert own_ids.key_of(Failure, text) == 12
    column = own_ids.column(Failure)
    assert column.clean(f" {text.upper()}\u200b") == text
    assert column.clean(" ") == ""


@pytest.mark.parametrize(
    "text", ["12", "failure-12", "failure-12-000000000000", "failure-0-0", "x", "failure--", "１２"]
)
def test_what_we_never_wrote_is_refused(text):
    with pytest.raises(ValidationError, match="no id that an export of this Dosette gave"):
        own_ids.column(Failure).clean(text)


def test_a_number_that_was_counted_up_is_refused():
    number, digest = own_ids.written(Failure, 12).split("-")[1:]
    with pytest.raises(ValidationError):
        own_ids.key_of(Failure, f"failure-{int(number) + 1}-{digest}")


def test_an_id_of_another_kind_is_refused():
    with pytest.raises(ValidationError):
        own_ids.key_of(Failure, own_ids.written(Case, 12))
    with pytest.raises(ValidationError):
        own_ids.key_of(Failure, own_ids.written(Case, 12).replace("case", "failure"))


def test_an_id_of_another_dosette_is_refused(monkeypatch):
    theirs = own_ids.written(Failure, 12)
    monkeypatch.setattr("core.encryption.blind_index.blind_index_key", lambda: b"k" * 32)
    with pytest.raises(ValidationError):
        own_ids.key_of(Failure, theirs)
