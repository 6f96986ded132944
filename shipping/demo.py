"""Demo shipping (requirement C4): the demo orders have their shipments, which a provider takes.

The orders are the orders app's, and its receivers have made them shipments and schedules already.
Here is only what staff would have done since: one of the two subscriptions is paused.
"""

from datetime import timedelta

from customers import demo as people
from shipping.models import Schedule
from shipping.schedules import next_dates
from shipping.schedules import services as schedules

BY = "system:demo"
PAUSE = timedelta(weeks=4)


def load() -> None:
    """Load it; a schedule that anybody has touched stays as it is."""
    schedule = Schedule.objects.filter(order__customer__code=people.OLIVER).first()
    if schedule and schedule.events.count() == 1:
        resume_on = next_dates.today_of(schedule) + PAUSE
        schedules.pause(schedule, by=BY, resume_on=resume_on)
