"""What staff decide about results: which are released by themselves, and who is called when."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.history.tracking import tracked
from customers.values.validators import OneLine
from identity.models import User


@tracked()
class ReleaseRule(models.Model):
    """Normal, final results of a kit type are released by themselves. Without one none is."""

    kit_type = models.CharField(max_length=100, unique=True, validators=[OneLine()])

    class Meta:
        ordering = ["kit_type"]
        verbose_name = "release rule"

    def __str__(self) -> str:
        return self.kit_type


@tracked()
class DutyTurn(models.Model):
    """Somebody who is called about critical results, in the order of `turn`."""

    turn = models.PositiveSmallIntegerField(unique=True, help_text="1 is called first.")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    minutes = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text="After how many minutes without an acknowledgement the next one is called.",
    )

    class Meta:
        ordering = ["turn"]
        verbose_name = "turn on duty"
        verbose_name_plural = "on duty"

    def __str__(self) -> str:
        return f"turn {self.turn}"
