"""Cases: opened once, resolved once, on record, and repaired when somebody forgot."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import cases
from core.cases import registry
from core.cases.models import Case, CaseEvent
from core.models import Circuit
from core.sweeper import reconcile
from core.workflow import TransitionNotAllowedError


def _wrong():
    return Circuit.objects.filter(failures__gt=0)


def _describe(rows) -> list[cases.CaseDraft]:
    return [draft(row) for row in rows]


def _repair(subject, *, by: str, reason: str, despite_risk: bool = False) -> None:
    Circuit.objects.filter(pk=subject.pk).update(failures=0)
    cases.resolve("test-broken", [subject.pk], by=by, resolution="repaired")


REPAIR = cases.Action("repair", "Repair", "core.change_circuit", run=_repair)
RISKY = cases.Action(
    "force", "Force", "core.change_circuit", run=_repair, risk=lambda row: "It may break."
)
CLOSE = cases.Action("close", "Close", "core.change_circuit", needs_reason=True, closes=True)
NEVER = cases.Action("never", "Never", "core.change_circuit", is_available=lambda row: False)


@pytest.fixture(autouse=True)
def broken(db, monkeypatch) -> cases.Kind:
    monkeypatch.setattr(registry, "_KINDS", {})
    kind = cases.Kind(
        name="test-broken",
        label="Broken",
        model=Circuit,
        scope_prefix="shipping",
        view_permission="core.view_circuit",
        actions=[REPAIR, RISKY, CLOSE, NEVER],
        subjects=_wrong,
        to_cases=_describe,
    )
    cases.register(kind)
    return kind


def draft(row: Circuit, said: str = "") -> cases.CaseDraft:
    return cases.CaseDraft("test-broken", row.pk, row.name, "It broke", said, "a-source")


def circuit(name: str = "one", failures: int = 1) -> Circuit:
    return Circuit.objects.create(name=name, failures=failures)


def steps(case: Case) -> list[str]:
    return [event.kind for event in case.events.all()]


def opened(row: Circuit) -> Case:
    cases.open([draft(row)])
    return Case.objects.get(subject_id=row.pk, closed_at=None)


def test_a_case_says_what_happened_and_since_when():
    case = opened(circuit())
    assert (case.subject_type, case.title, case.happened) == ("core.circuit", "one", "It broke")
    assert case.source == "a-source"
    assert case.opened_at <= timezone.now()
    assert steps(case) == ["opened"]


def test_a_kind_and_subject_have_one_open_case():
    row = circuit()
    assert cases.open([draft(row), draft(row)]) == 1
    assert cases.open([draft(row)]) == 0
    assert Case.objects.count() == CaseEvent.objects.count() == 1


def test_what_happens_again_is_added_to_the_open_case():
    case = opened(row := circuit())
    assert cases.open([draft(row, said="still no")]) == 0
    case.refresh_from_db()
    assert case.said == "still no"
    assert steps(case) == ["opened", "again"]


def test_many_are_opened_and_settled_in_one_statement_each(django_assert_num_queries):
    rows = [circuit(str(n)) for n in range(30)]
    with django_assert_num_queries(1):
        assert cases.open([draft(row) for row in rows]) == 30
    with django_assert_num_queries(1):
        assert (
            cases.resolve("test-broken", [r.pk for r in rows], by="system", resolution="fine") == 30
        )
    assert not Case.objects.filter(closed_at=None).exists()


def test_nothing_to_open_or_settle_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert cases.open([]) == cases.resolve("test-broken", [], by="system", resolution="") == 0


def test_settling_is_on_record_and_leaves_other_kinds_and_subjects(broken):
    case, other = opened(row := circuit()), opened(circuit("two"))
    assert cases.resolve("another-kind", [row.pk], by="system", resolution="") == 0
    assert cases.resolve(["test-broken"], [row.pk], by="system", resolution="delivered") == 1
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.closed_by, case.closing_reason) == ("system", "delivered")
    assert steps(case) == ["opened", "settled"]
    assert other.closed_at is None


def test_a_case_is_rolled_back_with_what_went_wrong():
    with transaction.atomic():
        opened(circuit())
        transaction.set_rollback(True)
    assert not Case.objects.exists()


def test_long_texts_are_cut_and_not_refused():
    row = circuit()
    cases.open([cases.CaseDraft("test-broken", row.pk, "t" * 900, "h" * 900, "s" * 900, "x" * 900)])
    assert len(Case.objects.get().happened) == 500


def test_a_kind_that_nobody_registered_is_refused():
    with pytest.raises(LookupError):
        cases.open([cases.CaseDraft("no-such-kind", 1, "t", "h")])


def test_a_name_is_registered_once(broken):
    with pytest.raises(ValueError, match="test-broken"):
        cases.register(broken)


def test_the_reconciler_opens_what_nobody_opened_and_closes_what_is_fine():
    wrong, fine = circuit(), circuit("two", failures=0)
    opened(fine)
    assert reconcile() == {
        "cases opened that nobody had": 1,
        "cases closed that are fine again": 1,
    }
    assert Case.objects.get(closed_at=None).subject_id == wrong.pk
    assert set(reconcile().values()) == {0}


def test_a_dismissed_case_stays_closed_until_something_else_happens():
    case = opened(row := circuit())
    cases.act(case, CLOSE, by="staff:ann", reason="It is a test row")
    assert set(reconcile().values()) == {0}
    cases.resolve("test-broken", [row.pk], by="system", resolution="fine")
    assert reconcile()["cases opened that nobody had"] == 1


def test_a_new_failure_after_a_dismissal_opens_a_new_case():
    case = opened(row := circuit())
    cases.act(case, CLOSE, by="staff:ann", reason="It is a test row")
    assert cases.open([draft(row)]) == 1


def test_an_action_is_on_record_with_its_reason():
    case = opened(row := circuit())
    cases.act(case, REPAIR, by="staff:ann", reason="because")
    case.refresh_from_db()
    row.refresh_from_db()
    assert row.failures == 0
    assert case.closed_by == "staff:ann"
    assert steps(case) == ["opened", "repair", "settled"]
    assert case.events.all()[1].detail == "because"


def test_a_closed_case_offers_nothing():
    case = opened(circuit())
    cases.act(case, REPAIR, by="staff:ann")
    case.refresh_from_db()
    assert cases.available_actions(case, cases.subject_of(case)) == []
    with pytest.raises(TransitionNotAllowedError):
        cases.act(case, REPAIR, by="staff:ann")
    assert steps(case) == ["opened", "repair", "settled"]


def test_what_does_not_fit_the_subject_is_neither_offered_nor_done():
    case = opened(circuit())
    offered = cases.available_actions(case, cases.subject_of(case))
    assert [action.name for action in offered] == ["repair", "force", "close"]
    with pytest.raises(TransitionNotAllowedError):
        cases.act(case, NEVER, by="staff:ann")
    assert steps(case) == ["opened"]


def test_what_is_unsafe_needs_to_be_said_and_a_reason():
    case = opened(row := circuit())
    with pytest.raises(cases.UnsafeActionError, match="may break"):
        cases.act(case, RISKY, by="staff:ann", reason="I know better")
    with pytest.raises(ValidationError):
        cases.act(case, RISKY, by="staff:ann", despite_risk=True)
    row.refresh_from_db()
    assert row.failures == 1
    assert steps(case) == ["opened"]
    cases.act(case, RISKY, by="staff:ann", reason="I know better", despite_risk=True)
    assert "despite: It may break." in case.events.get(kind="force").detail


def test_closing_needs_a_reason():
    case = opened(circuit())
    with pytest.raises(ValidationError):
        cases.act(case, CLOSE, by="staff:ann", reason="  ok ")
    case.refresh_from_db()
    assert case.closed_at is None


def test_a_case_whose_row_is_gone_can_only_be_closed():
    case = opened(row := circuit())
    row.delete()
    assert cases.available_actions(case, cases.subject_of(case)) == [CLOSE]
