"""Forms of dialogs and the admin: fields that clean what is typed (core/values/text.py), and forms
that write only what was changed."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.http import HttpRequest

from core.bases import MixinBase
from core.encryption.fields import EncryptedCharField, EncryptedEmailField, EncryptedTextField
from core.values import text
from core.values.keys import is_key


class CharField(forms.CharField):
    """One line of text."""

    clean_text: Callable[[str], str] = staticmethod(text.line)

    def to_python(self, value: Any) -> Any:
        """The text as it is kept; what shows nothing is empty. Raises ValidationError."""
        if isinstance(value, str) and not text.cannot_fit(value, self.max_length):
            value = self.clean_text(value)
        return super().to_python(value)


class TextField(CharField):
    """Text of any number of lines."""

    clean_text = staticmethod(text.prose)


class TokenField(CharField):
    """A code, a number or a key: compared by machines."""

    clean_text = staticmethod(text.token)


class EmailField(CharField, forms.EmailField):
    """An e-mail address."""

    clean_text = staticmethod(text.email)


# A model field of just this class; those derived from it have form fields of their own.
FORM_FIELDS: dict[type["models.Field[Any, Any]"], type[forms.Field]] = {
    models.CharField: CharField,
    models.TextField: TextField,
    models.EmailField: EmailField,
    EncryptedCharField: CharField,
    EncryptedTextField: TextField,
    EncryptedEmailField: EmailField,
}


class SearchedRow(AutocompleteSelect):
    """A row of many, found by a search. What is no key names none; Django's own would raise."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """The row that was chosen, if any."""
        return super().optgroups(name, [each for each in value if is_key(each)], attr)


class CleanText(MixinBase):
    """For pages of the admin and their inlines: each typed text is cleaned."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field that cleans; a choice stays a choice."""
        if type(db_field) in FORM_FIELDS:
            kwargs.setdefault("form_class", FORM_FIELDS[type(db_field)])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field; one that searches is drawn again whatever was sent for it."""
        page: Any = self
        if db_field.name in page.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchedRow(db_field, page.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ChangedFieldsForm(MixinBase):
    """For forms of a row that is there: of what is sent, only what the person changed counts.

    Each field goes to the browser with the value that was shown. What comes back as it was shown
    keeps what it has become meanwhile, so that two people who change different fields of a row both
    have their way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        self._loaded = {} if form.instance.pk is None else _columns_of(form.instance)
        # A script that sends a form without what it was shown is compared with what is there.
        shows_initial = bool(self._loaded) and (not form.is_bound or self._brings_what_was_shown())
        for field in form.fields.values():
            field.show_hidden_initial = shows_initial

    def _brings_what_was_shown(self) -> bool:
        form: Any = self
        names = ((form.add_initial_prefix(name), field) for name, field in form.fields.items())
        return any(
            not field.hidden_widget().value_omitted_from_data(form.data, form.files, name)
            for name, field in names
        )

    def changed_columns(self) -> list[str]:
        """The fields of the row that are others than they were loaded, for `update_fields`."""
        form: Any = self
        now = _columns_of(form.instance)
        return [name for name, value in self._loaded.items() if now[name] != value]

    def full_clean(self) -> None:
        """Check what was sent; only what was changed is written to the row and checked with it."""
        self._unchanged: dict[str, Any] = {}
        super().full_clean()
        form: Any = self
        if self._unchanged:
            form.cleaned_data = self._unchanged | form.cleaned_data

    def clean(self) -> Any:
        """The form's own checks see all fields; Django's, of the row, the changed ones."""
        form: Any = self
        try:
            form.cleaned_data = super().clean() or form.cleaned_data
        finally:
            if self._loaded:
                self._unchanged = self._leave_out_unchanged()
        return form.cleaned_data

    def save(self, commit: bool = True) -> Any:
        """Save the row, of one that is there the changed fields alone."""
        if not self._loaded:
            return super().save(commit)
        row = super().save(commit=False)
        form: Any = self
        form.save_m2m = partial(self._save_changed_m2m, form.save_m2m)
        if commit:
            row.save(update_fields=self.changed_columns())
            form.save_m2m()
        return row

    def _save_changed_m2m(self, save_m2m: Callable[[], None]) -> None:
        form: Any = self
        unchanged = self._leave_out_unchanged()
        save_m2m()
        form.cleaned_data = unchanged | form.cleaned_data

    def _leave_out_unchanged(self) -> dict[str, Any]:
        """Take from `cleaned_data` what was sent back as it was shown, and give it."""
        form: Any = self
        unchanged = {n: v for n, v in form.cleaned_data.items() if n not in form.changed_data}
        form.cleaned_data = {n: v for n, v in form.cleaned_data.items() if n not in unchanged}
        return unchanged


def _columns_of(row: models.Model) -> dict[str, Any]:
    """The values of a row's own columns by the names of their fields; never its key."""
    columns = (field for field in row._meta.concrete_fields if not field.primary_key)
    unread = row.get_deferred_fields()
    return {f.name: getattr(row, f.attname) for f in columns if f.attname not in unread}


@cache
def changed_fields_only(form: Any) -> Any:
    """This form of a model, as a `ChangedFieldsForm`."""
    if issubclass(form, ChangedFieldsForm):
        return form
    return type(form)(form.__name__, (ChangedFieldsForm, form), {})  # by its own metaclass
