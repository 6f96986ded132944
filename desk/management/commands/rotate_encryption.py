"""`manage.py rotate_encryption`: what older keys encrypted is encrypted anew with the first one."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import shutdown
from core.encryption import keys
from core.encryption.cipher import DecryptionError
from core.encryption.rewriting import rotation


class Command(BaseCommand):
    """Runs beside everything else; Ctrl-C or SIGTERM stops it, and the next run goes on."""

    help = (
        "Encrypt everything anew with the first key of ENCRYPTION_KEYS, while the system runs, and "
        "say which keys may be removed. Run it as migrations are run: as the owner of the tables."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and say what was done. Raises CommandError when values are left."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: shutdown.begin())
        self.stdout.write(f"Encrypting with key {keys.current().primary} …")
        try:
            outcome = rotation.rotate(self._show, shutdown.is_requested)
        except DecryptionError as error:
            raise CommandError(f"{error} Nothing of it was changed.") from error
        except PermissionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{outcome.encrypted:,} values encrypted anew.")
        if outcome.stopped:
            raise CommandError("Stopped. Run it again to go on; until then keep all keys.")
        if left := outcome.remaining:
            raise CommandError(
                f"{left.total():,} values are left, in {', '.join(left)}: "
                "something still encrypts with an older key. Restart everything, and run it again."
            )
        for number in outcome.retired:
            self.stdout.write(f"Key {number} is used no more: remove it from ENCRYPTION_KEYS.")
        if not outcome.retired:
            self.stdout.write("No other key is in use.")

    def _show(self, column: str, done: int) -> None:
        self.stdout.write(f"{column}: {done:,}")
