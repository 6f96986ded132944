"""What the pages of the admin share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline as UnfoldStackedInline
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.admin import checkbox
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from core.admin.changes.conflicts import NothingUnseen
from core.admin.changes.history import HistoryPage
from core.admin.list_filters import ReadableList
from core.admin.url_guard import GuardedAdmin
from core.bases import MixinBase
from core.database.folding import SortKey, containing
from core.database.matches import part_of
from core.encryption.fields import EncryptedField
from core.forms import ChangedFieldsForm, CleanText, changed_fields_only
from core.values.text import lenient


class AlphabeticalList(ChangeList):
    """A list that knows which of its columns hold names, and whether it shows all there is."""

    @property
    def is_part(self) -> bool:
        """Whether a search, a filter or a page number leaves rows out."""
        return bool(self.query or self.get_filters_params() or self.page_num > 1)

    def get_ordering_field(self, field_name: Any) -> Any:
        """What a column is ordered by; nothing for an encrypted one, whatever a URL asks."""
        if field_name in self.model_admin.alphabetical_fields:
            return SortKey(field_name)
        ordering = super().get_ordering_field(field_name)
        fields = {field.name: field for field in self.lookup_opts.get_fields()}
        return None if isinstance(fields.get(ordering), EncryptedField) else ordering


class NamelessRow:
    """A row as the admin's log may know it: the log outlives people's names."""

    def __init__(self, row: Model) -> None:
        self.pk = row.pk
        self._meta = row._meta

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class NamelessLog(MixinBase):
    """For pages of the admin: its log keeps which rows were changed, and no name of anybody."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Log it by its number."""
        return super().log_addition(request, NamelessRow(obj), message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Log it by its number."""
        return super().log_change(request, NamelessRow(obj), message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Log them by their numbers."""
        rows = [NamelessRow(row) for row in queryset]
        return super().log_deletions(request, rows)

    def construct_change_message(self, *args: Any, **kwargs: Any) -> Any:
        """Which fields were changed; of rows below the page what they are, not how they read."""
        message = super().construct_change_message(*args, **kwargs)
        for change in message:
            for names in change.values():
                if "object" in names:
                    names["object"] = "not named here"
        return message


@cache
def _around_the_key() -> tuple[SafeString, SafeString]:
    """The box that selects a row, before and after the row's key: the same of every row."""
    before, after = checkbox.render(ACTION_CHECKBOX_NAME, "KEY").split("KEY")
    return mark_safe(before), mark_safe(after)  # noqa: S308 - drawn by a widget


class ModelAdmin(
    NothingUnseen, HistoryPage, NamelessLog, ReadableList, GuardedAdmin, CleanText, UnfoldModelAdmin
):
    """A page of the admin: typed text is cleaned, a search finds what is seen, what somebody left
    alone is not written, and an address asks nothing but what the page offers.

    Columns in `alphabetical_fields` are sorted as people sort names.
    """

    alphabetical_fields: Sequence[str] = ()
    # What an export of the list holds (transfers/exports): the heading, and the names of attributes
    # with dots between them, or a function of the row. Without any it cannot be exported.
    export_columns: Mapping[str, str | Callable[[Any], Any]] = {}
    # The columns of an amount and its currency, which a narrowed list sums up (desk/lists/totals).
    list_sums: tuple[str, str] | None = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list."""
        return AlphabeticalList

    @display(description="select")
    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that selects the row for an action."""
        before, after = _around_the_key()
        return format_html("{}{}{}", before, obj.pk, after)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows with each word in one of the `search_fields`; none of them twice."""
        names = self.get_search_fields(request)
        if any(name.startswith("=") for name in names):
            matches: tuple[QuerySet[Any], bool] = super().get_search_results(
                request, queryset, lenient(search_term)
            )
            return matches
        return containing(queryset, names, search_term), False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form; of a row that is there it writes what was changed."""
        if obj is not None:
            kwargs["form"] = changed_fields_only(kwargs.get("form", self.form))
        return super().get_form(request, obj, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it: another person's change to another field stays."""
        if change and isinstance(form, ChangedFieldsForm):
            obj.save(update_fields=form.changed_columns())
        else:
            super().save_model(request, obj, form, change)


class ChangedRows(MixinBase):
    """Rows below a page: of each only what was changed is written."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The forms."""
        kwargs["form"] = changed_fields_only(kwargs.get("form", self.form))
        return super().get_formset(request, obj, **kwargs)


class TabularInline(ChangedRows, CleanText, UnfoldTabularInline):
    """Rows below a page, in a table: its columns name the fields, to screen readers too."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The forms, each field called as its column is."""
        formset = super().get_formset(request, obj, **kwargs)
        for name, field in formset.form.base_fields.items():
            label = capfirst(field.label or name.replace("_", " "))
            field.widget.attrs.setdefault("aria-label", label)
        return formset


class StackedInline(ChangedRows, CleanText, UnfoldStackedInline):
    """Rows below a page, each in a form."""


class LargeTablePaginator(InfinitePaginator):
    """Previous and next page; one far down reads no more rows than the first."""

    def page(self, number: Any) -> Any:
        """The page of this number, which may be empty."""
        page = super().page(number)
        if page.number > 1:
            begin = (page.number - 1) * self.per_page
            page.object_list = part_of(self.object_list, begin, begin + self.per_page)
        return page


class LargeTableAdmin(ModelAdmin):
    """A list that stays quick with millions of rows: nothing is counted, and search has its index.

    `search` narrows the list to what a text asks for. Nothing is deleted in bulk.
    """

    paginator = LargeTablePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    search_fields = ["pk"]  # shows the box; `search` does the work

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The rows that the text asks for."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows found, none of them twice."""
        text = lenient(search_term)
        return (self.search(queryset, text) if text else queryset), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions, but for deleting many at once."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class ReadOnlyInline(TabularInline):
    """Rows that services make."""

    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True
    template_after = "admin/core/none_yet.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All that is shown."""
        return list(self.fields or [])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False


class HistoryInline(ReadOnlyInline):
    """What happened to a row, one event a line, in words: `kind_labels` has those that its kind has
    not.

    The API and the database keep the kinds as they are.
    """

    verbose_name_plural = "history"
    fields = ["at", "what", "from_state", "to_state", "actor", "detail"]
    kind_labels: Mapping[str, str] = {}

    @display(description="what")
    def what(self, event: Any) -> str:
        """What happened."""
        label: str = self.kind_labels.get(event.kind) or event.kind.replace("-", " ")
        return label
