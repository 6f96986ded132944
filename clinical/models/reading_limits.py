"""After how many hours a study is overdue: the defaults, until staff set others."""

from datetime import timedelta

from django.core.validators import MaxValueValidator
from django.db import models

from clinical.models.studies import Urgency
from core.history.tracking import tracked


def _hours(default: int) -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(
        default=default,
        validators=[MaxValueValidator(24 * 365)],
        help_text="Hours from when it was performed until its report is signed. 0: no limit.",
    )


@tracked()
class ReadingLimits(models.Model):
    """After how many hours a study is overdue, by its urgency. One row."""

    high = _hours(4)
    mid = _hours(24)
    low = _hours(72)

    class Meta:
        verbose_name = "reading limits"
        verbose_name_plural = "reading limits"

    def __str__(self) -> str:
        return "reading limits"

    @classmethod
    def current(cls) -> "ReadingLimits":
        """What staff have set, or the defaults before anybody did."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def by_urgency(self) -> dict[str, timedelta]:
        """How long a study of each urgency may wait; what has no limit is left out."""
        hours = {Urgency.HIGH: self.high, Urgency.MID: self.mid, Urgency.LOW: self.low}
        return {urgency.value: timedelta(hours=n) for urgency, n in hours.items() if n}
