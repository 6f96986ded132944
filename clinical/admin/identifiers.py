"""The identifiers of a patient, below the patient's page."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from clinical.identifiers import value_index
from clinical.models import PatientIdentifier
from clinical.patients.services import MOST_IDENTIFIERS
from core.admin.pages import TabularInline
from core.bases import ModelForm
from core.forms import TokenField


class IdentifierForm(ModelForm):
    """An identifier; whoever has it already is named."""

    system = TokenField(max_length=200, widget=UnfoldAdminTextInputWidget)
    value = TokenField(max_length=100, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        """What was typed. Raises ValidationError for an identifier of another patient."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("system") and given.get("value"):
            index = value_index(given["value"])
            others = PatientIdentifier.objects.exclude(pk=self.instance.pk)
            owner = others.filter(system=given["system"], value_index=index).first()
            if owner is not None:
                text = f"Patient {owner.patient_id} has this identifier."
                raise ValidationError({"value": ValidationError(text, "unique")})
        return given


class IdentifierFormSet(PaginationInlineFormSet):
    """The identifiers of a patient."""

    def clean(self) -> None:
        """Raise ValidationError when one is there twice."""
        super().clean()
        typed = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        kept = [each for each in typed if each.get("value") and not each.get("DELETE")]
        keys = [(each.get("system"), value_index(each["value"])) for each in kept]
        if len(set(keys)) < len(keys):
            raise ValidationError("Give each identifier once.")


class IdentifierInline(TabularInline):
    """What other systems call the patient."""

    model = PatientIdentifier
    form = IdentifierForm
    formset = IdentifierFormSet
    extra = 0
    max_num = MOST_IDENTIFIERS
    fields = ["type", "system", "value"]
    hide_title = True
    verbose_name_plural = "identifiers"
