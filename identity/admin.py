"""Staff, roles, API clients and the access log in the admin."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.dialogs import go_to
from core.admin.pages import LargeTableAdmin, ModelAdmin, TabularInline
from core.admin.read_only import ReadOnly
from core.bases import ModelForm
from core.database.matches import matching_rows
from core.values.keys import is_key
from identity.granting import (
    grantable_groups,
    grantable_permissions,
    manages,
    manages_client,
    manages_group,
)
from identity.models import AccessRecord, LinkedAccount, Notice, ServiceClient, User
from identity.notices import note
from identity.passwords.admin import SecondFactorReset
from identity.passwords.colleagues import NewColleagues
from identity.rights import tables
from identity.rights.pages import RightsOfPerson
from identity.rights.roles import ROLES
from identity.rights.scopes import SCOPES
from identity.sessions.pages import SessionsOfPerson
from identity.tokens.reader import trusted_issuers

admin.site.unregister(Group)


def _giver(request: HttpRequest) -> User:
    """Who is at the form: the admin lets nobody else in."""
    return cast(User, request.user)


def _narrowed(field: Any, request: HttpRequest) -> Any:
    """A field of groups or permissions, narrowed to those that this person may give."""
    giver = _giver(request)
    mine = (
        grantable_groups(giver) if field.queryset.model is Group else grantable_permissions(giver)
    )
    field.queryset = field.queryset.filter(pk__in=mine.values("pk"))
    return field


class LinkedAccountInline(TabularInline):
    """Who this person is at the issuer; made at the first sign-in."""

    model = LinkedAccount
    extra = 0
    fields = ["issuer", "subject", "created_at"]
    readonly_fields = ["created_at"]


@admin.register(User)
class UserAdmin(  # type: ignore[misc]  # the bases differ in the type of a form
    NewColleagues,
    RightsOfPerson,
    SessionsOfPerson,
    SecondFactorReset,
    DjangoUserAdmin,  # type: ignore[type-arg]  # Django's is generic for the checker only
    ModelAdmin,
):
    """Staff. People are made inactive, never deleted: events name them."""

    form = UserChangeForm
    change_password_form = AdminPasswordChangeForm
    inlines = [LinkedAccountInline]
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]
    readonly_fields = ["last_login", "date_joined"]
    actions_detail = ["rights", "invite", "sessions", "sign_out", "reset_second_factor"]

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """The person's groups."""
        return ", ".join(group.name for group in user.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """People with their groups."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The person, who is told by whom what concerns their sign-in was changed."""
        person = super().get_object(request, object_id, from_field)
        if person is not None:
            person.changed_by = request.user.pk
        return person

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; a new e-mail address is told of at the old one."""
        super().save_model(request, obj, form, change)
        former = form.initial.get("email", "")
        if "email" in form.changed_data and former:
            note(obj, Notice.What.EMAIL, by=request.user.pk, recipient=former)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the accounts: another one is another way in, which the person is told of."""
        super().save_formset(request, form, formset, change)
        if change and (formset.new_objects or formset.changed_objects):
            note(form.instance, Notice.What.ACCOUNT, by=request.user.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only superusers make superusers; and a name stays who it was."""
        fields = list(super().get_readonly_fields(request, obj))
        fields += ["username"] if obj else []
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Somebody else's password. One's own is changed where the old one is asked for.

        Raises PermissionDenied for people of the issuer: only a superuser lets them in past it.
        """
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        of_the_issuer = LinkedAccount.objects.filter(user_id=id).exists() if is_key(id) else False
        if of_the_issuer and not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    @action(
        description="Sign out everywhere",
        icon="logout",
        permissions=["sign_out"],
        dialog={
            "title": "End all sessions of this person?",
            "description": "Wherever they are signed in, they have to sign in again.",
            "form_submit_text": "End them",
        },
    )
    def sign_out(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """End all sessions; the person's history says who did."""
        person = get_object_or_404(User, pk=object_id)
        person.end_sessions()
        self.log_change(request, person, "Ended all sessions.")
        messages.success(request, f"{person} is signed out everywhere.")
        return go_to(request, reverse("admin:identity_user_change", args=[object_id]))

    def has_sign_out_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change this person."""
        person = self.get_object(request, str(object_id)) if object_id else None
        return bool(self.has_change_permission(request, person))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offers only what one has oneself."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        return _narrowed(field, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a person who may do more than they."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or manages(_giver(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: untick "active" instead."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # the bases differ in the type of a row
    """Roles (the table in identity/rights/roles.py, read-only) and groups of your own."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A role says what it is for, and what it gives, in a table."""
        return ["name", "purpose", "table"] if _is_role(obj) else ["name", "permissions"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Neither is stored."""
        return ["purpose", "table"]

    @admin.display(description="what it gives")
    def table(self, group: Group) -> str:
        """Row by row what one may see, add, change and delete."""
        rows = tables.table(tables.of_group(group))
        context = {"rows": rows, "verbs": list(tables.VERBS.values())}
        return render_to_string("admin/identity/rights_table.html", context)

    @admin.display(description="purpose")
    def purpose(self, group: Group) -> str:
        """What the role does all day."""
        return ROLES[group.name].purpose if _is_role(group) else ""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offers only what one has oneself."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        return _narrowed(field, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not the roles; and no group that gives more than one has."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or self._is_open_to(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for changing."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or self._is_open_to(request, obj))

    def _is_open_to(self, request: HttpRequest, group: Group) -> bool:
        return not _is_role(group) and manages_group(_giver(request), group)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in ROLES


class ServiceClientForm(ModelForm):
    """Offers the trusted issuers, and the scopes that the person at the form may give."""

    giver: User

    class Meta:
        model = ServiceClient
        fields = ["name", "issuer", "client_id", "subject", "allowed_scopes", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [(scope, f"{scope}: {text}") for scope, text in SCOPES.items()]
        self.fields["allowed_scopes"] = forms.MultipleChoiceField(
            choices=[(scope, text) for scope, text in scopes if scope in self.giver.allowed_scopes],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text="What its tokens may do at most. You can give what you may do yourself.",
        )
        known = dict.fromkeys([*trusted_issuers(), self.instance.issuer])
        self.fields["issuer"] = forms.ChoiceField(
            choices=[(name, name) for name in known if name], widget=UnfoldAdminSelectWidget
        )


@admin.register(ServiceClient)
class ServiceClientAdmin(ModelAdmin):
    """Programs that call the API. Their secrets are the issuer's affair: none is kept here."""

    form = ServiceClientForm
    list_display = ["name", "client_id", "issuer", "scopes", "is_active"]
    alphabetical_fields = ["name"]
    list_filter = ["is_active", "issuer"]
    search_fields = ["name", "client_id"]
    readonly_fields = ["created_at"]
    actions = ["shut_out"]

    @admin.display(description="scopes")
    def scopes(self, client: ServiceClient) -> str:
        """What it may do at most."""
        return " ".join(client.allowed_scopes)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form, for this giver."""
        form = super().get_form(request, obj, **kwargs)
        return type("Form", (form,), {"giver": request.user})

    @admin.action(description="Shut out at once", permissions=["change"])
    def shut_out(self, request: HttpRequest, clients: QuerySet[ServiceClient]) -> None:
        """Every token of theirs is refused from now on."""
        count = clients.update(is_active=False)
        messages.success(request, f"{count} API client(s) shut out. Tick “active” to undo it.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a client that may do more than they."""
        may = super().has_change_permission(request, obj)
        return bool(may and (obj is None or manages_client(_giver(request), obj)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: untick "active" instead; events name it."""
        return False


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnly, LargeTableAdmin):
    """Who looked at health data. Nobody changes it, not even here."""

    list_display = ["at", "actor", "how", "via", "patients", "address", "reason", "detail"]
    list_filter = ["how", "via"]
    export_columns = {
        **{name: name for name in ("at", "actor", "how", "via", "patients", "address")},
        **{name: name for name in ("reason", "detail")},
    }
    search_help_text = "The name that somebody signs in by, or the actor as it stands in the list."

    def search(self, queryset: QuerySet[AccessRecord], text: str) -> QuerySet[AccessRecord]:
        """What one person or program looked at, also under the name alone, as of before."""
        people = User.objects.filter(username__iexact=text.removeprefix("user:"))
        actors = {text, *(who for p in people for who in (p.actor, f"user:{p.username}"))}
        return matching_rows(queryset, Q(actor__in=actors))
