"""People are told by e-mail when their password or second factor is changed, whoever did it.

The change and its row are one transaction; the sweeper sends, so no request waits for a mail
server, and none fails with it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localtime

from core.database import clock
from core.failures import attempt, resting
from core.http import Done, Outcome, Permanent
from identity.sign_in_records import Notice

logger = logging.getLogger(__name__)

AT_ONCE = 20
WORK = "send the notice"  # what a failure is known by (core/failures.py)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_DOUBLING = 7  # 30 s to about an hour
GIVEN_UP_AFTER = timedelta(days=3)
TEXT = """Hello {name},

{what}: on {at}, {by}.

If it was you, or you asked for it, there is nothing to do.

If not, somebody may be using your account. Ask a manager at once to sign you out everywhere and \
to give you a new password, tell whoever runs Dosette, and change that password wherever else you \
use it.
"""

# What somebody must look at. No text of it tells of whom, or of what.
LOOK = (Notice.What.CALLED, Notice.What.CORRECTED)
LOOK_TEXT = """Hello {name},

{what}. Sign in to Dosette and look at the exceptions: {url}
"""

INVITED = """Hello {name},

you can work with Dosette now. Choose a password here, within {days} days:

{link}

Your user name is {username}. {by} has invited you.
"""


class _Invitations(PasswordResetTokenGenerator):
    """Codes that let somebody choose their first password: by its key none resets another one."""

    key_salt = "identity.invitation"


invitations = _Invitations()

# Whoever can carry e-mails: `carry(recipient, subject, text)`. A layer above registers it.
Carrier = Callable[[str, str, str], Outcome]
_carriers: list[Carrier] = []


def carry_by(carrier: Carrier) -> None:
    """Make known who carries e-mails; called when Django starts."""
    _carriers[:] = [carrier]


def note(person: AbstractUser, what: Notice.What, *, by: int | None, recipient: str = "") -> None:
    """Have the person told; `by` is the key of who did it, None for a command on the server."""
    address = recipient or person.email
    if address:
        Notice.objects.create(user_id=person.pk, what=what, by_id=by, recipient=address)


def send_due() -> int:
    """Send what is due, the oldest first; how many. A service that is away ends the pass."""
    _give_up()
    due = Notice.objects.filter(due_at__lte=clock.now()).order_by("pk")
    sent = 0
    due = due.exclude(pk__in=resting(WORK, Notice.objects.all()))
    for pk in due.values_list("pk", flat=True)[:AT_ONCE] if _carriers else ():
        outcome = attempt(WORK, pk, partial(_send, pk))
        sent += isinstance(outcome, Done)
        if outcome and not isinstance(outcome, Done | Permanent):
            break
    return sent


def _send(pk: int) -> Outcome | None:
    """What became of it; None when somebody else has it."""
    notice = Notice.objects.select_related("user", "by").filter(pk=pk).first()
    if notice is None or not _is_ours(notice):
        return None
    outcome = _carriers[0](notice.recipient, *_written(notice))
    if isinstance(outcome, Done | Permanent):
        notice.delete()
    if not isinstance(outcome, Done):
        logger.warning("user %s was not told: %s", notice.user_id, type(outcome).__name__)
    return outcome


def _give_up() -> None:
    deleted, _ = Notice.objects.filter(at__lt=clock.now() - GIVEN_UP_AFTER).delete()
    if deleted:
        logger.warning("%s e-mails about sign-ins were given up", deleted)


@transaction.atomic
def _is_ours(notice: Notice) -> bool:
    """Whether no other sweeper has it; it is due again later, should this one die."""
    pause = FIRST_PAUSE * 2 ** min(notice.attempts, LONGEST_DOUBLING)
    untouched = Notice.objects.filter(pk=notice.pk, attempts=notice.attempts)
    later = {"attempts": notice.attempts + 1, "due_at": clock.now() + pause}
    return bool(untouched.update(**later))


def _written(notice: Notice) -> tuple[str, str]:
    """Subject and text. Some gateways have no place for a subject: the text says all."""
    if notice.what == Notice.What.INVITATION:
        return _invitation(notice)
    what = notice.get_what_display()
    name = notice.user.first_name or notice.user.username
    if notice.what in LOOK:
        return f"Dosette: {what}", LOOK_TEXT.format(name=name, what=what, url=settings.PUBLIC_URL)
    at = f"{localtime(notice.at):%d %B %Y at %H:%M %Z}"
    return f"Dosette: {what}", TEXT.format(name=name, what=what, at=at, by=_by(notice))


def _invitation(notice: Notice) -> tuple[str, str]:
    """Subject and text. The code is made when it is sent, and stands behind `#`: no server that the
    link passes on its way logs it."""
    person = notice.user
    code = f"{person.pk}-{invitations.make_token(person)}"
    link = f"{settings.PUBLIC_URL}{reverse('invitation')}#{code}"
    text = INVITED.format(
        name=person.first_name or person.username,
        username=person.username,
        days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
        link=link,
        by=(notice.by.get_full_name() or notice.by.username) if notice.by else "Somebody",
    )
    return "Dosette: choose your password", text


def _by(notice: Notice) -> str:
    if notice.by is None:
        return "on the server"
    if notice.by_id == notice.user_id:
        return "by you, or by somebody signed in as you"
    return f"by {notice.by.get_full_name() or notice.by.username}"
