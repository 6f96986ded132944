"""Failed sign-ins with a password, for whoever has to let somebody in again."""

from axes.models import AccessAttempt
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ModelAdmin):  # type: ignore[misc]
    """Names and the addresses they were tried from; deleting a line unlocks it at once."""

    list_display = ["username", "ip_address", "failures", "attempt_time", "user_agent"]
    search_fields = ["=username", "=ip_address"]
    fields = ["username", "ip_address", "failures", "attempt_time", "user_agent"]
    readonly_fields = fields

    @admin.display(description="wrong passwords", ordering="failures_since_start")
    def failures(self, attempt: AccessAttempt) -> int:
        """How often in a row."""
        return int(attempt.failures_since_start)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """django-axes writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        """Nobody; delete it instead."""
        return False
