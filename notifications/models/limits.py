"""How many messages a customer gets, and when: quiet hours, a day's number, twins, digests."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from core.history.tracking import tracked


@tracked()
class Limits(models.Model):
    """How many messages a customer gets, and when. One row; what is empty or 0 is off."""

    is_reference = True

    quiet_from = models.TimeField(
        null=True, blank=True, help_text="In the customer's time zone. Empty: never quiet."
    )
    quiet_until = models.TimeField(null=True, blank=True)
    messages_per_day = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="To one customer in any 24 hours; the rest waits. 0: no limit.",
    )
    duplicate_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text="The same words to the same customer within this time are told once. 0: off.",
    )
    digest_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(120)],
        help_text="News of more parcels within this time after the first become one message. "
        "0: off.",
    )

    class Meta:
        verbose_name = "limits"
        verbose_name_plural = "limits"

    def __str__(self) -> str:
        return "limits"

    def clean(self) -> None:
        """Raise ValidationError for half of the quiet hours."""
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Give both hours, or neither."})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": "It would always be quiet."})
