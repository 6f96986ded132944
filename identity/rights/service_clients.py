"""The programs that call the API."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.database import clock
from core.history.tracking import tracked
from identity.rights.scopes import SCOPES, validate_scopes


@tracked()
class ServiceClient(models.Model):
    """A program that may call the API with client-credentials tokens; made by staff only.

    `allowed_scopes` caps what its tokens may do, whatever the issuer put into them.
    """

    name = models.CharField(max_length=100)
    issuer = models.CharField(max_length=255, help_text="Exactly as its tokens name it in `iss`.")
    client_id = models.CharField(max_length=255)
    subject = models.CharField(
        max_length=255,
        blank=True,
        default="",
        help_text="`sub` of its tokens, where the issuer does not write the client id there "
        "(Keycloak: the service account's id; Auth0: client id and “@clients”).",
    )
    allowed_scopes = ArrayField(
        models.CharField(max_length=40, choices=[(scope, scope) for scope in SCOPES]),
        default=list,
        validators=[validate_scopes],
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to shut it out at once."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    is_authenticated = True
    is_staff = False

    class Meta:
        verbose_name = "API client"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="one_client_per_issuer")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """How event rows name this client: two issuers may call theirs the same."""
        return f"client:{self.pk} {self.client_id}"[:100]

    @property
    def former_actor(self) -> str:
        """`actor` as releases before named it: for a day after an upgrade idempotency keys do."""
        return f"client:{self.client_id}"[:100]
