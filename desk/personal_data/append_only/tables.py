"""Which columns of histories and events an erasure empties. Who did what, and when, stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model

from clinical.models import (
    Patient,
    PatientIdentifier,
    ResultEvent,
    ResultVersion,
    SampleEvent,
    Study,
    StudyEvent,
    StudyReport,
)
from core.cases.models import CaseEvent
from core.encryption.fields import EncryptedField
from core.history.tracking import HistoryRow, history_of
from customers.models import ADDRESS_FIELDS, PREFERENCES, Address, Customer
from desk.personal_data.parts import Kind
from kits.models import KitEvent
from notifications.models import NotificationEvent
from orders.models import OrderEvent
from shipping.models import ReturnEvent, ScheduleEvent, ShipmentEvent


def _ids(table: str, condition: str) -> str:
    return f"SELECT id FROM {table} WHERE {condition}"  # noqa: S608 - names of ours


ORDERS = _ids("orders_order", "customer_id = ANY({keys})")
PARCELS = _ids("shipping_shipment", f"order_id IN ({ORDERS})")
RETURNS = _ids("shipping_return", f"shipment_id IN ({PARCELS})")
KITS = _ids("kits_kit", f"shipment_id IN ({PARCELS})")
SCHEDULES = _ids("shipping_schedule", f"order_id IN ({ORDERS})")
MESSAGES = _ids("notifications_notification", "customer_id = ANY({keys})")
STUDIES = _ids("clinical_study", "patient_id = ANY({keys})")
SAMPLES = _ids("clinical_sample", "patient_id = ANY({keys})")
RESULTS = _ids("clinical_labresult", "patient_id = ANY({keys})")
SERIALS = "SELECT serial FROM clinical_sample WHERE patient_id = ANY({keys})"
# Also what was reported under their serial and is of nobody, or was corrected to somebody else.
VERSIONS = f"""("result_id" IN ({RESULTS}) OR (
    translate(upper(regexp_replace("serial", '[ -]', '', 'g')), 'OIL', '011') IN ({SERIALS})
    AND NOT EXISTS (SELECT FROM clinical_labresult r WHERE r.id = "result_id"
        AND r.number = "clinical_resultversion"."number" AND r.patient_id IS NOT NULL)))"""
# Cases of what is the customer's. They name their subject by its type and its key.
SUBJECTS = {
    "orders.order": ORDERS,
    "shipping.shipment": PARCELS,
    "shipping.return": RETURNS,
    "kits.kit": KITS,
    "notifications.notification": MESSAGES,
}
CASES = _ids(
    "core_case",
    " OR ".join(
        f"(subject_type = '{name}' AND subject_id IN ({rows}))" for name, rows in SUBJECTS.items()
    ),
)
# Of before the admin's log kept numbers alone.
LOGGED = """content_type_id IN (SELECT id FROM django_content_type
    WHERE app_label = '{app}' AND model = '{model}') AND object_id = ANY({{keys}}::text[])"""


@dataclass(frozen=True, slots=True)
class Emptied:
    """Some columns of a table; its rows stay.

    `owned` says in SQL which rows are the person's, by the array `{keys}` of the person's keys.
    """

    name: str
    kind: Kind
    model: type[Model]
    owned: str
    columns: Sequence[str]

    @property
    def is_history(self) -> bool:
        """Whether its rows say what a record was, and not what was done."""
        return issubclass(self.model, HistoryRow)

    @property
    def values(self) -> dict[str, str]:
        """Each column, and in SQL what it is empty."""
        reason = ["pgh_reason"] if hasattr(self.model, "pgh_reason") else []
        fields: list[Any] = [self.model._meta.get_field(n) for n in [*self.columns, *reason]]
        return {field.column: _nothing(field) for field in fields}

    def condition(self, keys: str) -> str:
        """SQL: the person's rows in which something is left to empty."""
        left = (f'"{name}" IS DISTINCT FROM {value}' for name, value in self.values.items())
        return f"{self.owned.format(keys=keys)} AND ({' OR '.join(left)})"


def _nothing(field: Any) -> str:
    if field.null:
        return "NULL"
    return "''::bytea" if isinstance(field, EncryptedField) else "''"


def _history(name: str, kind: Kind, model: type[Model], owner: str, *columns: str) -> Emptied:
    history: Any = history_of(model)
    return Emptied(name, kind, history, f'"{owner}" = ANY({{keys}})', columns)


def _details(name: str, model: type[Model], owner: str, rows: str) -> Emptied:
    """What people have typed about a step: its kind, who took it and when stay."""
    kind: Kind = "patient" if model._meta.app_label == "clinical" else "customer"
    return Emptied(name, kind, model, f'"{owner}" IN ({rows})', ["detail"])


def _log(model: type[Model], kind: Kind) -> Emptied:
    owned = LOGGED.format(app=model._meta.app_label, model=model._meta.model_name)
    return Emptied(f"log_of_{kind}", kind, LogEntry, owned, ["object_repr"])


REACHED_BY = ("name", "phone_number", "email", *PREFERENCES)
CONTACT = ("email", "customer")
NAMES = ("first_name", "last_name", "birth_date", "external_id")
EMPTIED = (
    _history("customer_history", "customer", Customer, "id", *REACHED_BY),
    _history("address_history", "customer", Address, "customer_id", *ADDRESS_FIELDS[:-1]),
    _details("order_events", OrderEvent, "order_id", ORDERS),
    _details("shipment_events", ShipmentEvent, "shipment_id", PARCELS),
    _details("return_events", ReturnEvent, "parcel_id", RETURNS),
    _details("kit_events", KitEvent, "kit_id", KITS),
    _details("schedule_events", ScheduleEvent, "schedule_id", SCHEDULES),
    _details("notification_events", NotificationEvent, "notification_id", MESSAGES),
    _details("case_events", CaseEvent, "case_id", CASES),
    _log(Customer, "customer"),
    _history("contact_history", "patient", Patient, "id", *CONTACT),
    _history("patient_history", "patient", Patient, "id", *CONTACT, *NAMES),
    _history("identifier_history", "patient", PatientIdentifier, "patient_id", "value"),
    _history("study_history", "patient", Study, "patient_id", "body_part", "description"),
    _details("study_events", StudyEvent, "study_id", STUDIES),
    _details("sample_events", SampleEvent, "sample_id", SAMPLES),
    _details("result_events", ResultEvent, "result_id", RESULTS),
    Emptied(
        "result_versions",
        "patient",
        ResultVersion,
        VERSIONS,
        ["person", "birth_date", "findings", "raw"],
    ),
    Emptied(
        "study_reports",
        "patient",
        StudyReport,
        f'"study_id" IN ({STUDIES})',
        ["text", "reason"],
    ),
    _log(Patient, "patient"),
)
BY_NAME = {each.name: each for each in EMPTIED}
