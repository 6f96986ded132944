"""Staff who sign in, clients that call the API, and who looked at health data."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from core.database import clock
from core.encryption.fields import EncryptedCharField
from core.history.tracking import tracked
from identity import notices
from identity.rights.scopes import scopes_of_permissions
from identity.rights.service_clients import ServiceClient
from identity.sign_in_records import Notice, OpenSession

__all__ = [
    "AccessRecord",
    "How",
    "LinkedAccount",
    "Notice",
    "OpenSession",
    "SecondFactor",
    "ServiceClient",
    "User",
    "Via",
]


# Not what programs write at each sign-in, and no hash of a password.
KEPT_OF_A_PERSON = (
    *("id", "username", "first_name", "last_name", "email"),
    *("is_active", "is_staff", "is_superuser"),
)


@tracked(fields=KEPT_OF_A_PERSON)
class User(AbstractUser):
    """A person of the staff. The name they sign in with stays theirs: histories quote it."""

    MARKED_BY = ("second_factor", "session_epoch")  # what dialogs act upon, for pages that are old

    # Raised to end every session of this person; part of what a session is checked by.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # When the issuer, or whoever gave them a password here, last vouched for a person of the
    # issuer; empty for people who have no account there.
    vouched_at = models.DateTimeField(null=True, editable=False)

    # The key of who is at the form, for what the person is told of it. Set by the doors.
    changed_by: int | None = None
    _lost_password = False

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "staff"
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_person_per_name",
                violation_error_message="Somebody has this name, in other letters.",
            )
        ]

    @property
    def actor(self) -> str:
        """How event rows name this person: by the key, and by the name for people to read."""
        return f"user:{self.pk} {self.username}"[:100]

    @property
    def former_actor(self) -> str:
        """`actor` as releases before named it: for a day after an upgrade idempotency keys do."""
        return f"user:{self.username}"[:100]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; who may not come in any more is signed out for good, and a person whose password
        is another one is told."""
        changed = set()
        if self.pk and not self.is_active:
            self.session_epoch += 1
            changed.add("session_epoch")
        change = self._password_change()
        if change == Notice.What.PASSWORD and self.changed_by not in (None, self.pk):
            self.vouched_at = self.vouched_at and clock.now()
            changed.add("vouched_at")
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *changed}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if change:
                notices.note(self, change, by=self.changed_by)

    def set_unusable_password(self) -> None:
        """Take the password away."""
        self._lost_password = bool(self.pk) and self.has_usable_password()
        super().set_unusable_password()

    def _password_change(self) -> Notice.What | None:
        """What became of the password since it was read. A better hash of the same is no change."""
        if self._password is not None:  # type: ignore[attr-defined]  # Django's: set, and not saved
            return Notice.What.PASSWORD
        lost, self._lost_password = self._lost_password, False
        return Notice.What.PASSWORD_REMOVED if lost else None

    @property
    def password_has_lapsed(self) -> bool:
        """Whether nobody has vouched for this person of the issuer for too long.

        Superusers are ours: the issuer does not decide on them.
        """
        if self.is_superuser or self.vouched_at is None:
            return False
        is_old = clock.now() - self.vouched_at > settings.PASSWORD_LAPSES_AFTER
        return is_old and self.linked_accounts.exists()

    def end_sessions(self) -> None:
        """Sign this person out everywhere."""
        User.objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)

    def get_session_auth_hash(self) -> str:
        """Django's, by the password, and the epoch: at 0 the sessions of before go on."""
        return self._with_epoch(super().get_session_auth_hash(), None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by each earlier SECRET_KEY."""
        hashes = super().get_session_auth_fallback_hash()
        for known, secret in zip(hashes, settings.SECRET_KEY_FALLBACKS, strict=True):
            yield self._with_epoch(known, secret)

    def _with_epoch(self, known: str, secret: str | None) -> str:
        if not self.session_epoch:
            return known
        salted = salted_hmac("identity.sessions", f"{known}{self.session_epoch}", secret=secret)
        return salted.hexdigest()

    @property
    def allowed_scopes(self) -> frozenset[str]:
        """What a token of this person may do at most: what the person may do in the admin."""
        return scopes_of_permissions(self.get_all_permissions())

    def clean(self) -> None:
        """Raise ValidationError when nobody would be left who may do everything."""
        super().clean()
        if self.pk and not (self.is_superuser and self.is_active and self.is_staff):
            self._keep_one_superuser()

    def _keep_one_superuser(self) -> None:
        superusers = User.objects.filter(is_superuser=True, is_active=True, is_staff=True)
        # Locked, so that two of them cannot remove each other at the same moment.
        with transaction.atomic():
            left = {user.pk for user in superusers.select_for_update()}
        if left == {self.pk}:
            raise ValidationError(
                "This is the last active superuser. Make another one first.", code="last_superuser"
            )


@tracked(app_label="identity")
class Role(Group):
    """A group, for its history."""

    class Meta:
        proxy = True
        default_permissions = ()


@tracked(part_of="group", named_by={"permission": "codename"})
class RightOfRole(Group.permissions.through):  # type: ignore[name-defined]  # made by Django
    """A right that a group gives, for the group's history."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "right"


@tracked(part_of="user", named_by={"group": "name"})
class Membership(User.groups.through):  # type: ignore[name-defined]  # made by Django
    """A person in a group, for the person's history."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "group"


@tracked(part_of="user", named_by={"permission": "codename"})
class RightOfPerson(User.user_permissions.through):  # type: ignore[name-defined]  # made by Django
    """A right that a person has beside those of groups, for the person's history."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "right"


@tracked(part_of="user")
class LinkedAccount(models.Model):
    """Who a person is at an OpenID issuer. `sub` never changes there; names and e-mails do."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="linked_accounts")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255, help_text="`sub`: the issuer's own name for them.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["issuer", "subject"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; whoever links an account vouches for the person."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            User.objects.filter(pk=self.user_id).update(vouched_at=clock.now())


class SecondFactor(models.Model):
    """A person's authenticator app, for signing in with a password; counts once it is confirmed.

    The secret is encrypted, of recovery codes there are only
    hashes, and nobody but the person ever sees either (identity/passwords/second_factor.py).
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedCharField(max_length=64, blank=True, default="", help_text="In Base32.")
    last_step = models.BigIntegerField(default=-1)
    recovery_codes = ArrayField(models.CharField(max_length=64), default=list)
    failures = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"second factor of {self.user_id}"


class How(models.TextChoices):
    """In what way health data was read."""

    DETAIL = "detail"
    LIST = "list"
    SEARCH = "search"
    EXPORT = "export"
    AUTOCOMPLETE = "autocomplete"


class Via(models.TextChoices):
    """Through which door."""

    API = "api", "API"
    ADMIN = "admin"
    OTHER = "other"


class AccessRecord(models.Model):
    """One read of patients' data. Never changed, never deleted: a trigger refuses (migration 0002).

    The patients are keys without a foreign key: clinical is a layer above, and the record stays
    when the patient goes.
    """

    is_append_only = True

    at = models.DateTimeField(default=clock.now)
    actor = models.CharField(max_length=100)
    patients = ArrayField(models.BigIntegerField())
    how = models.CharField(max_length=12, choices=How.choices)
    via = models.CharField(max_length=5, choices=Via.choices)
    address = models.GenericIPAddressField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    # Of an export: which list, how many rows, what narrowed it. Of what nobody could read: what.
    detail = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["patients"], name="access_by_patient"),
            models.Index(fields=["actor", "-at"], name="access_by_actor"),
            models.Index(fields=["-at"], name="access_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}, {self.how}, {self.at:%Y-%m-%d %H:%M}"
