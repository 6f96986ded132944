"""Every laboratory passes the conformance suite. A new one needs a line here, nowhere else."""

from typing import Any

import pytest

from clinical.laboratories import adapters
from clinical.tests.laboratories.conformance import Case, Conformance
from clinical.tests.laboratories.messages import SECRET, finding, message, signed


def of_ana(**values: Any) -> bytes:
    """As the suite wants it, with what is wrong."""
    given = {
        "version": 2,
        "issued_at": "2026-01-05T13:00:00+01:00",
        "sample": {"serial": "K7010"},
        "findings": [finding("4711"), finding("3", "positive")],
    }
    return message(**given | values)


CASES = [
    Case(
        name="reference",
        settings={"REFERENCE_LABORATORY_SECRET": SECRET},
        message=of_ana(),
        prove=signed,
        value="4711",
        bad=[
            of_ana(version=0),
            of_ana(version=True),
            of_ana(status="done"),
            of_ana(issued_at="2999-01-05T13:00:00Z"),
            of_ana(issued_at="2026-01-05T13:00:00"),
            of_ana(issued_at="yesterday"),
            of_ana(sample={"birth_date": "2999-01-01"}),
            of_ana(sample={"birth_date": "17.05.1990"}),
            of_ana(sample={"serial": ""}),
            of_ana(sample={"serial": "K" * 41}),
            of_ana(sample={"name": "Ana\nRuiz"}),
            of_ana(findings=[finding("4711", "odd")]),
            of_ana(findings=[finding("4711")] * 61),
            of_ana(findings="4711"),
            of_ana(result_id=""),
        ],
    )
]


class TestLaboratories(Conformance):
    """The whole suite, with each of them."""

    pytestmark = pytest.mark.django_db  # the database's clock

    @pytest.fixture(params=CASES, ids=lambda case: case.name)
    def case(self, request: Any) -> Case:
        found: Case = request.param
        return found


@pytest.mark.parametrize("name", adapters.names())
def test_each_laboratory_has_its_case(name):
    assert name in {case.name for case in CASES}
