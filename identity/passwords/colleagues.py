"""A new colleague: one form of name, e-mail address and role makes somebody who can sign in."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.dialogs import go_to
from core.admin.pages import ModelAdmin
from core.bases import ModelChoiceField, ModelForm
from identity.granting import grantable_groups
from identity.models import User
from identity.passwords.invitations import invite, may_be_invited
from identity.sign_in.people import free_username


class ColleagueForm(ModelForm):
    """Who they are, and what they do all day. `giver` is at the form: they give what they have."""

    giver: User

    role = ModelChoiceField(
        Group.objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text="You can give what you may do yourself. More of them on the next page.",
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "email"):
            self.fields[name].required = True
        self.fields["email"].help_text = (
            "An invitation goes there: with its link they choose their password. What they sign in "
            "by is made of the part before the @."
            if settings.PASSWORD_LOGIN
            else "They sign in with their work account: name it below."
        )
        role: Any = self.fields["role"]
        role.queryset = grantable_groups(self.giver).order_by("name")

    def clean_email(self) -> str:
        """Raise ValidationError for the address of somebody who is here."""
        email = str(self.cleaned_data["email"])
        other = User.objects.filter(email__iexact=email).first()
        if other is not None:
            raise forms.ValidationError(f"{other.username} has this address.")
        return email

    def save(self, commit: bool = True) -> Any:
        """The person, who may sign in as soon as they have a password."""
        person = super().save(commit=False)
        person.username = free_username(person.email)
        person.is_staff = True
        person.set_unusable_password()
        if commit:
            person.save()
        return person


class NewColleagues(ModelAdmin):
    """The form above, and the invitation once more."""

    add_form = ColleagueForm
    add_fieldsets = [
        (None, {"fields": [("first_name", "last_name"), "email", "role"]}),
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form of a new one, for this giver."""
        form = super().get_form(request, obj, **kwargs)
        return form if obj is not None else type("Form", (form,), {"giver": request.user})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new one gets the role; once all of it is written, the invitation goes out."""
        super().save_related(request, form, formsets, change)
        if not change:
            form.instance.groups.add(form.cleaned_data["role"])
        if not change and may_be_invited(form.instance):
            self._invite(request, form.instance)

    @action(
        description="Invite again",
        icon="forward_to_inbox",
        permissions=["invite"],
        dialog={
            "title": "Send the invitation again?",
            "description": "An e-mail with a link goes to them, to choose a password.",
            "form_submit_text": "Send it",
        },
    )
    def invite(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Send another link."""
        person = get_object_or_404(User, pk=object_id)
        self._invite(request, person)
        self.log_change(request, person, "Invited.")
        return go_to(request, reverse("admin:identity_user_change", args=[object_id]))

    def has_invite_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change a person who has no password yet."""
        person = self.get_object(request, str(object_id)) if object_id else None
        if person is None or not person.email or not may_be_invited(person):
            return False
        return bool(self.has_change_permission(request, person))

    def _invite(self, request: HttpRequest, person: User) -> None:
        invite(person, by=cast(User, request.user))
        days = settings.PASSWORD_RESET_TIMEOUT // 86_400
        text = f"{person} gets an e-mail with a link to choose a password, valid for {days} days."
        messages.success(request, text)
