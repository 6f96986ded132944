"""A year of schedules played without writing: the days to come, and what they need."""

from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import Order
from shipping.models import RoutingRule, Schedule, Shipment
from shipping.schedules import capacity
from shipping.tests.factories import monthly_schedule, queued_shipment, weekly_schedule

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]


@pytest.fixture
def clock():
    with time_machine.travel("2026-01-31 12:00Z", tick=False):
        yield


def simulate(*arguments: str) -> str:
    out = StringIO()
    call_command("run_schedule", "--simulate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_year_of_the_schedules_there_are_writes_nothing():
    weekly_schedule()
    monthly_schedule()
    before = list(Schedule.objects.values())
    said = simulate("--rate", "2")
    assert "2 schedules from 2026-01-31 to 2027-01-30: 63 parcels, 0 a day." in said
    assert "  Sat 2026-02-28            2        1\n" in said
    assert said.endswith("Nothing was written.\n")
    assert list(Schedule.objects.values()) == before
    assert Shipment.objects.count() == 2


def test_made_up_schedules_are_always_the_same_ones():
    first, second = simulate("--schedules", "20000"), simulate("--schedules", "20000")
    assert first == second
    assert "20,000 made-up schedules" in first
    found, played = capacity.simulate(365, 20_000)
    assert played == 20_000
    # Half of them 52 times and the other half 12 times, give or take a few.
    assert found.total == pytest.approx(10_000 * 52.14 + 10_000 * 12, rel=0.02)
    assert Schedule.objects.count() == 0


def test_the_end_of_a_short_month_is_the_busiest():
    """The 28th of February has what was anchored on the 29th, 30th and 31st too."""
    found, _ = capacity.simulate(60, 20_000)
    assert [day.isoformat() for day, _ in found.busiest(1)] == ["2026-02-28"]


def test_made_up_schedules_go_by_the_rules_as_the_run_does():
    """Their orders are like those there are: of four, one goes to France."""
    for country in ("GB", "GB", "FR", "GB"):
        Order.objects.filter(pk=queued_shipment().order_id).update(country=country)
    RoutingRule.objects.create(name="France", country="FR", provider="console", is_active=True)
    found, _ = capacity.simulate(60, 20_000)
    by_console = sum(n for (_, name), n in found.shipments.items() if name == "console")
    assert by_console / found.total == pytest.approx(0.25, abs=0.02)
    assert found.providers == ["console", "reference"]


def test_without_any_order_made_up_schedules_go_by_the_default():
    assert capacity.simulate(60, 1000)[0].providers == ["reference"]


@pytest.mark.parametrize(
    ("parcels", "rate", "hours", "needed"),
    [
        (0, 100, 1, 0),
        (1, 100, 1, 1),
        (360_000, 100, 1, 1),
        (360_001, 100, 1, 2),
        (720_000, 50, 2, 2),
    ],
)
def test_workers_are_rounded_up(parcels, rate, hours, needed):
    assert capacity.workers(parcels, rate, hours) == needed


def test_the_rate_is_that_of_the_busiest_minute_of_late():
    assert capacity.measured_rate() is None
    shipment = queued_shipment(state="sent", sent_at=timezone.now())
    assert capacity.measured_rate() is None, "one parcel tells nothing"
    for number in range(capacity.BUSY):
        shipment.pk, shipment.reference = None, f"copy-{number}"
        shipment.save()
    assert capacity.measured_rate() == (capacity.BUSY + 1) / 60
    weekly_schedule()
    assert "1 parcels a second (measured)" in simulate()


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["--simulate", "--days", "0"], "--days must be"),
        (["--simulate", "--schedules", "-1"], "--schedules must be"),
        (["--simulate", "--rate", "0"], "above zero"),
        (["--simulate", "--within", "nan"], "above zero"),
        (["--simulate", "--today", "2026-02-01"], "begins today"),
        (["--days", "3"], "--days goes with --simulate only"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, refusal):
    with pytest.raises(CommandError, match=refusal):
        call_command("run_schedule", *arguments)
