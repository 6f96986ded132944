"""The second factor of a password sign-in: a code of an authenticator app (TOTP, RFC 6238).

Each code works once. Wrong ones slow the next try down, up to a quarter of an hour; recovery codes
are too long to guess and work in the meantime, so that nobody can be locked out by guessing.
"""

import hashlib
import secrets
from base64 import b32decode, b32encode
from datetime import timedelta
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import TOTP

from core.database import clock
from identity.models import Notice, SecondFactor, User
from identity.notices import note

ISSUER = "Dosette"
KEY_BYTES = 20  # RFC 4226, 4 (R6)
NEIGHBOURS = 1  # RFC 6238, 5.2: one step of 30 s before and after
RECOVERY_CODES = 10
LONGEST_WAIT = 900


def is_set_up(user: User) -> bool:
    """Whether this person has a second factor that counts."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


@transaction.atomic
def begin(user: User) -> SecondFactor:
    """A new secret, which counts once a code of it was typed. One that counts already stays."""
    factor, _ = SecondFactor.objects.select_for_update().get_or_create(user=user)
    if factor.confirmed_at is None:
        factor.secret = b32encode(secrets.token_bytes(KEY_BYTES)).decode()
        factor.save(update_fields=["secret"])
    return factor


def address_of(factor: SecondFactor) -> str:
    """What the QR code says: the otpauth address that authenticator apps read."""
    label = quote(f"{ISSUER}:{factor.user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': factor.secret, 'issuer': ISSUER})}"


@transaction.atomic
def confirm(user: User, code: str) -> list[str]:
    """Recovery codes, never to be seen again, once the app's first code is right; else none."""
    factor = _locked(user)
    if factor is None or factor.confirmed_at is not None or not _is_good(factor, code):
        return []
    factor.confirmed_at = clock.now()
    factor.save(update_fields=["confirmed_at"])
    note(user, Notice.What.FACTOR, by=user.pk)
    return _new_recovery_codes(factor)


@transaction.atomic
def accepts(user: User, code: str) -> bool:
    """Whether the code is right; used up, then. True for who has no second factor."""
    factor = _locked(user)
    if factor is None or factor.confirmed_at is None:
        return True
    return _is_good(factor, code) or _is_recovery_code(factor, code)


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New recovery codes; the old ones are worthless."""
    factor = _locked(user)
    if factor is None or factor.confirmed_at is None:
        return []
    note(user, Notice.What.CODES, by=user.pk)
    return _new_recovery_codes(factor)


@transaction.atomic
def remove(user: User, *, by: User) -> bool:
    """Take the second factor away; whether there was one."""
    factor = _locked(user)
    if factor is None:
        return False
    factor.delete()
    if factor.confirmed_at is not None:
        note(user, Notice.What.FACTOR_REMOVED, by=by.pk)
    return True


def _locked(user: User) -> SecondFactor | None:
    return SecondFactor.objects.select_for_update().filter(user=user).first()


def _is_good(factor: SecondFactor, code: str) -> bool:
    """Whether it is a code of now that was not used; counts wrong ones."""
    typed = code.replace(" ", "")
    if not (typed.isascii() and typed.isdecimal() and len(typed) == 6) or _has_to_wait(factor):
        return False
    step = _step_of(factor, int(typed))
    if step is None:
        factor.failures, factor.failed_at = min(factor.failures + 1, 100), clock.now()
    else:
        factor.failures, factor.last_step, factor.last_used_at = 0, step, clock.now()
    factor.save(update_fields=["failures", "failed_at", "last_step", "last_used_at"])
    return step is not None


def _has_to_wait(factor: SecondFactor) -> bool:
    """After the third wrong code in a row: 1 s, 2 s, 4 s, … a quarter of an hour."""
    if factor.failures < 3 or factor.failed_at is None:
        return False
    wait = min(2 ** (factor.failures - 3), LONGEST_WAIT)
    return clock.now() < factor.failed_at + timedelta(seconds=wait)


def _step_of(factor: SecondFactor, code: int) -> int | None:
    """The half minute that the code belongs to; None when it is wrong, or was used."""
    if not factor.secret:  # it was encrypted with a SECRET_KEY that was lost
        return None
    app = TOTP(b32decode(factor.secret))
    app.time = clock.seconds()
    if not app.verify(code, NEIGHBOURS, factor.last_step + 1):
        return None
    step: int = app.t()
    return step


def _new_recovery_codes(factor: SecondFactor) -> list[str]:
    codes = [_random_code() for _ in range(RECOVERY_CODES)]
    factor.recovery_codes = [_hash(code) for code in codes]
    factor.save(update_fields=["recovery_codes"])
    return codes


def _random_code() -> str:
    """80 bits, in four groups: too many to guess, so a plain hash keeps them."""
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _hash(code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _is_recovery_code(factor: SecondFactor, code: str) -> bool:
    """Whether it is one of the recovery codes; used up, then."""
    digest = _hash(code)
    if digest not in factor.recovery_codes:
        return False
    factor.recovery_codes.remove(digest)
    factor.last_used_at = clock.now()
    factor.save(update_fields=["recovery_codes", "last_used_at"])
    note(factor.user, Notice.What.CODE_USED, by=factor.user_id)
    return True
