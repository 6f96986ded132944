"""The warning on a patient's form that somebody like this is on record."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from clinical.patients.similar import Similar

ANOTHER_PERSON = "another_person"  # the tick; its value names those who were shown


def warning(similar: Sequence[Similar], mark: str) -> SafeString:
    """Who they are and why, with a tick to save the form all the same."""
    lines = (
        (
            reverse("admin:clinical_patient_change", args=[each.patient.pk]),
            each.patient,
            each.patient.born.shown(),
            ", archived" if each.patient.archived_at else "",
            "; ".join(each.reasons),
        )
        for each in similar
    )
    line = '<li><a class="underline" href="{}">{}</a>, born {}{}: {}</li>'
    text = (
        '<p class="font-semibold">Somebody like this is on record.</p><ul>{}</ul>'
        '<label class="flex gap-2 items-center mt-2"><input type="checkbox" name="{}" value="{}">'
        "This is another person: save it all the same</label>"
    )
    return format_html(text, format_html_join("", line, lines), ANOTHER_PERSON, mark)
