"""What forms with addresses share."""

from django.forms import BaseForm

from customers.models import ADDRESS_FIELDS


def never_cut(form: BaseForm) -> None:
    """Let the server refuse a line that is too long: a browser cuts what is pasted (C1)."""
    for name in ADDRESS_FIELDS:
        if name in form.fields:
            form.fields[name].widget.attrs.pop("maxlength", None)
