"""What every laboratory must do, whoever it is: a new one needs a Case in test_conformance.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from clinical.laboratories import adapters
from clinical.laboratories.contract import (
    InvalidMessageError,
    Laboratory,
    MessageValidationError,
    ReportedResult,
)
from clinical.models import Flag, VersionStatus


@dataclass(frozen=True)
class Case:
    """A laboratory, what it posts, and what that means.

    `message` is a final positive result, number 2, of sample K7010 of Ana Ruiz, born on 17 May
    1990, issued at noon UTC on 5 January 2026, whose findings hold the text `value`. `bad` are
    messages that it proves to be its own and nobody can read.
    """

    name: str
    settings: Mapping[str, str]
    message: bytes
    prove: Callable[[bytes], dict[str, str]]
    value: str
    bad: Sequence[bytes] = field(default=())


class Conformance:
    """The suite; a class derived from it gives the fixture `case`."""

    @pytest.fixture
    def laboratory(self, case: Case, settings: Any) -> Laboratory:
        for name, value in case.settings.items():
            setattr(settings, name, value)
        return adapters.get(case.name)

    def the_result(self, laboratory: Laboratory, case: Case) -> ReportedResult:
        [result] = laboratory.results(case.message)
        return result

    def test_it_is_found_by_the_name_of_its_file(self, laboratory, case):
        assert laboratory.name == case.name
        assert case.name in adapters.names()

    def test_it_takes_what_is_proven(self, laboratory, case):
        laboratory.verify(case.prove(case.message), case.message)

    def test_it_takes_nothing_that_is_not(self, laboratory, case):
        unproven: list[dict[str, str]] = [{}, case.prove(case.message + b" ")]
        for headers in unproven:
            with pytest.raises(MessageValidationError):
                laboratory.verify(headers, case.message)

    def test_without_its_secret_nothing_is_proven(self, laboratory, case, settings):
        proof = case.prove(case.message)
        for name in case.settings:
            setattr(settings, name, "")
        with pytest.raises(MessageValidationError):
            laboratory.verify(proof, case.message)

    def test_it_says_which_version_of_what(self, laboratory, case):
        result = self.the_result(laboratory, case)
        assert (result.number, result.status, result.flag) == (
            2,
            VersionStatus.FINAL,
            Flag.POSITIVE,
        )
        assert result.reference
        assert result.issued_at == datetime(2026, 1, 5, 12, tzinfo=UTC)

    def test_it_says_whose(self, laboratory, case):
        result = self.the_result(laboratory, case)
        named = (result.serial, result.person, result.birth_date)
        assert named == ("K7010", "Ana Ruiz", date(1990, 5, 17))

    def test_what_was_found_can_be_read_and_how_it_came(self, laboratory, case):
        result = self.the_result(laboratory, case)
        assert case.value in result.findings
        assert case.value in result.raw

    def test_the_same_message_means_the_same_each_time(self, laboratory, case):
        assert self.the_result(laboratory, case) == self.the_result(laboratory, case)

    @pytest.mark.parametrize(
        "body", [b"", b"<html>busy</html>", b"\xff\xfe\x00", b"[]", b"null", b'{"a": "\\u0000"}']
    )
    def test_what_is_none_of_its_messages_is_refused(self, laboratory, body):
        with pytest.raises(InvalidMessageError):
            laboratory.results(body)

    def test_half_a_message_is_refused(self, laboratory, case):
        with pytest.raises(InvalidMessageError):
            laboratory.results(case.message[: len(case.message) // 2])

    def test_what_cannot_be_read_is_named_and_not_repeated(self, laboratory, case):
        assert case.bad
        for body in case.bad:
            with pytest.raises(InvalidMessageError) as refused:
                laboratory.results(body)
            assert refused.value.problem
            assert case.value not in refused.value.problem
            assert "Ruiz" not in refused.value.problem
