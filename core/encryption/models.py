"""Which keys the database needs: one row each."""

from django.db import models

from core.database import clock


class EncryptionKey(models.Model):
    """A key that something here is encrypted with, by its number; 0 is that of the blind indexes.

    `check_value` tells whether a key is this one, and nothing else of it.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    check_value = models.BinaryField(max_length=64)
    since = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.number)
