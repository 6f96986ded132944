"""What staff set for all results: which go by themselves, and who is called about critical ones."""

from django.contrib import admin

from clinical.models import DutyTurn, ReleaseRule
from core.admin.pages import ModelAdmin


@admin.register(ReleaseRule)
class ReleaseRuleAdmin(ModelAdmin):
    """Kit types whose normal, final results no clinician must see first."""

    nothing_here = "Every result is held until a clinician has seen it."
    list_display = ["kit_type"]
    fields = ["kit_type"]


@admin.register(DutyTurn)
class DutyTurnAdmin(ModelAdmin):
    """Who is called about critical results, one after the other."""

    nothing_here = "Nobody is called about critical results: they are exceptions alone."
    list_display = ["turn", "person", "minutes"]
    list_select_related = ["person"]
    fields = ["turn", "person", "minutes"]
