"""Sessions that end by the database's clock: all web processes share them."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db

from core.database import clock
from identity.sign_in_records import OpenSession


class SessionStore(db.SessionStore):
    """Django's, but a process whose clock is off neither ends a session nor lets it live on."""

    # The browser it is open in, once a page was asked for; read along with the session.
    opened: OpenSession | None = None

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """When it ends, if it was changed now."""
        return super().get_expiry_date(**{"modification": clock.now()} | kwargs)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Seconds until then."""
        return super().get_expiry_age(**{"modification": clock.now()} | kwargs)

    def _get_session_from_db(self) -> Any:
        """The row while it lasts; Django's own look-up asks the process's clock."""
        rows = self.model.objects.select_related("open_session")  # type: ignore[misc]  # the stubs
        row = rows.filter(session_key=self.session_key).first()
        if row is None or row.expire_date <= clock.now():
            self._session_key = None
            return None
        self.opened = getattr(row, "open_session", None)
        return row
