"""Messages to many in the admin."""

from django.contrib import admin

from core.admin import LargeTableAdmin
from notifications.admin.reading import ReadOnly
from notifications.models import Mailing


@admin.register(Mailing)
class MailingAdmin(ReadOnly, LargeTableAdmin):
    """What was written to many."""

    list_display = ["created_at", "created_by", "channel", "state", "total", "written"]
