"""One example of everything, and somebody in every role: what the matrix is tried on.

What only the clinic may see carries marks that occur nowhere else, so that any answer which shows
it gives itself away.
"""

import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, models, transaction
from django.db.models import ForeignKey, Model
from django.test import Client
from django.utils import timezone

from clinical.attachments.services import attach
from clinical.models import (
    LabMessage,
    LabResult,
    Patient,
    Sample,
    Study,
    StudyAttachment,
    StudyReport,
    WaitingStudy,
)
from clinical.tests.attachments.samples import PDF
from clinical.tests.factories import (
    PatientFactory,
    performed_study,
    registered_sample,
    study_of,
)
from clinical.tests.laboratories.messages import arrived, finding, message
from core import cases
from core.cases import CaseDraft
from core.cases.models import Case
from core.database import clock
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import Erasure, PersonExport, RetentionRun
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord, LinkedAccount, SecondFactor, ServiceClient, User
from identity.rights.scopes import SCOPES
from identity.sign_in.fresh import BEGUN
from identity.tests.factories import ServiceClientFactory, staff
from identity.tests.issuer import shared_issuer
from kits.models import Kit, Lot
from kits.tests.factories import order_of_kits, packed_kit, stocked_kit
from notifications.models import Consent, DeliveryReport, Notification, OptOut, Rule
from notifications.services import notify
from orders.models import DnaKitOrder, Order
from orders.tests.factories import placed_kit_order, placed_order
from shipping.models import Return, Schedule, Shipment, TrackingEvent, UnreadableEvent

ROLES = {
    "S": "support",
    "F": "fulfilment",
    "C": "clinician",
    "M": "manager",
    "A": "auditor",
    "*": "superuser",
}
UNRELEASED = "zqvalue"  # of a result that no clinician has seen
HEALTH_MARKS = (
    "Zqfirst",
    "Zqlast",
    "zqmail",
    "zqknee",
    "zqfracture",
    "zqreport",
    "zqnumber",
    UNRELEASED,
)
BIRTH_DATE = date(1931, 7, 13)
# As dates are written: the year alone may be some row's number.
BIRTH_DATES = r"1931-07-13|13[./]0?7[./]1931|0?7/13/1931|[Jj]ul[a-z]*\.?,? (?:13,? )?1931"
MISSING = 10**9
MADE_UP: dict[type[Any], Any] = {
    models.BooleanField: False,
    models.JSONField: {},
    models.DateTimeField: timezone.now(),
    models.DateField: date(2026, 1, 1),
    models.GenericIPAddressField: "192.0.2.1",
    models.IntegerField: 1,
    models.DecimalField: 1,
    models.CharField: "x",
    models.TextField: "x",
}


@dataclass
class Cast:
    """Rows by model: `own` belong together, `other` belong to somebody else (or are missing)."""

    own: dict[type[Model], Any] = field(default_factory=dict)
    other: dict[type[Model], Any] = field(default_factory=dict)
    staff: dict[str, Client] = field(default_factory=dict)

    @classmethod
    def make(cls) -> "Cast":
        """All of it, written to the database."""
        cast = cls()
        cast._deliver()
        cast._customers()
        cast._messages()
        cast._people()
        for letter, role in ROLES.items():
            cast.staff[letter] = _signed_in(role)
            _say_why(cast.staff[letter], [cast.own[Patient], cast.other[Patient]])
        for model in admin.site._registry:
            cast.example(model)
        return cast

    def key(self, model: type[Model], *, foreign: bool = False) -> Any:
        """The key of the example; of one that does not exist if there is no foreign one."""
        if foreign:
            return self.other[model].pk if model in self.other else MISSING
        return self.example(model).pk

    def example(self, model: type[Model]) -> Any:
        """The example of a model: of our own, or any there is. Fails by saying what to add."""
        row = self.own.get(model) or model._default_manager.first() or self._made_up(model)
        self.own[model] = row
        return row

    def _made_up(self, model: type[Model]) -> Any:
        """A row that holds just what it must. Fails by saying what to add, where that is no row."""
        row = model()
        for column in model._meta.concrete_fields:
            if column.null or column.has_default() or column.primary_key:
                continue
            if isinstance(column, ForeignKey):
                setattr(row, column.name, self.example(column.related_model))
            else:
                values = (value for kind, value in MADE_UP.items() if isinstance(column, kind))
                setattr(row, column.attname, next(values, None))
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except (DatabaseError, ValueError) as error:
            name = model._meta.label
            pytest.fail(f"Make an example of {name} in tests/matrix/cast.py: {error}")
        return row

    def _deliver(self) -> None:
        if not Rule.objects.exists():  # a transactional test has emptied all tables
            from importlib import import_module

            for name in (
                "0002_default_rules_and_templates",
                "0011_orders_that_need_an_address",
                "0020_kits_to_be_sent_back",
                "0021_kits_to_be_registered",
            ):
                import_module(f"notifications.migrations.{name}").deliver(apps, None)

    def _customers(self) -> None:
        for rows in (self.own, self.other):
            mine = rows is self.own
            customer = CustomerFactory.create()
            address = AddressFactory.create(customer=customer)
            patient = _marked(customer) if mine else PatientFactory.create()
            study = {"body_part": "zqknee", "description": "zqfracture"} if mine else {}
            waiting = performed_study(patient, **study)
            recurring = placed_order(customer, interval="monthly")
            order = placed_order(customer)
            examined = study_of(patient, **study)
            file = attach(examined, io.BytesIO(PDF), "zqknee.pdf", by="user:test")
            rows |= {
                StudyAttachment: file,
                Customer: customer,
                Address: address,
                Patient: patient,
                WaitingStudy: WaitingStudy.objects.get(pk=waiting.pk),
                Study: examined,
                Order: order,
                DnaKitOrder: placed_kit_order(customer=customer),
                Schedule: Schedule.objects.get(order=recurring),
                Shipment: Shipment.objects.get(order=order),
            }
            sent_back = placed_order(customer)
            rows[Return] = Return.objects.create(
                shipment=Shipment.objects.get(order=sent_back),
                reference=f"{sent_back.number}-r1",
                provider="reference",
            )
            rows[Kit] = packed_kit(order_of_kits(customer=customer))
            rows[Lot] = rows[Kit].lot if mine else stocked_kit("other").lot
            trouble = CaseDraft("shipment-rejected", rows[Shipment].pk, "co-1", "It was refused.")
            cases.open([trouble])
            rows[Case] = Case.objects.latest("id")

        report = {"number": 1, "text": "zqreport", "written_by": "user:test"}
        StudyReport.objects.create(study=self.own[Study], **report)
        self._results()
        numbers = self.own[Patient].identifiers
        numbers.create(type="MR", system="urn:clinic", value="zqnumber")

    def _results(self) -> None:
        """One of the marked patient that is held, and one of nobody that may be theirs."""
        first, last, *_ = HEALTH_MARKS
        named = {"first_name": first, "last_name": last, "birth_date": BIRTH_DATE}
        sample = registered_sample("K1", customer=self.own[Customer], **named)
        assert sample.patient == self.own[Patient]
        says = {"name": f"{first} {last}", "birth_date": BIRTH_DATE.isoformat()}
        found = [finding(UNRELEASED, "positive")]
        arrived(message(sample=says, findings=found))
        arrived(message(result_id="r-2", sample=says | {"serial": "K2"}), b"<html>")
        self.own |= {Sample: sample, LabMessage: LabMessage.objects.get()}
        self.own[LabResult], self.other[LabResult] = LabResult.objects.order_by("id")

    def _messages(self) -> None:
        customer = self.own[Customer]
        self.own[Notification] = notify(customer, message="Hello", channel="sms")
        OptOut.objects.create(channel="email", recipient="gone@example.com")
        for rows in (self.own, self.other):
            said = {"kind": "preferences", "how": "staff"}
            rows[Consent] = Consent.objects.create(customer=rows[Customer], **said)
        DeliveryReport.objects.create(provider="africastalking", reference="1", status="Success")
        TrackingEvent.objects.create(
            provider="reference",
            event_id="1",
            order_id="co-0",
            event_name="in-transit",
            event_time=timezone.now(),
            raw={},
        )
        UnreadableEvent.objects.create(provider="reference", digest="1", problem="no time", raw={})

    def _people(self) -> None:
        group = Group.objects.create(name="lookers")
        group.permissions.add(Permission.objects.get(codename="view_order"))
        self.own |= {
            User: staff(username="nobody-yet"),
            Group: group,
            ServiceClient: ServiceClientFactory(client_id="small", allowed_scopes=["orders:read"]),
        }
        self.other |= {
            User: staff(username="mightier", is_superuser=True),
            Group: Group.objects.get(name="clinician"),
            ServiceClient: ServiceClientFactory(client_id="mightier", allowed_scopes=list(SCOPES)),
        }
        for people in (self.own, self.other):
            SecondFactor.objects.create(user=people[User], confirmed_at=timezone.now())
        AccessRecord.objects.create(actor="user:test", patients=[], how="list", via="admin")
        asked = {"kind": "customer", "subject": self.own[Customer].pk, "reason": "asked for it"}
        Erasure.objects.create(requested_by=self.other[User], **asked)
        PersonExport.objects.create(actor="user:test", **asked)
        RetentionRun.objects.create(what="texts of messages", rows=1)


def _marked(customer: Customer) -> Patient:
    """The patient whom only the clinic may see: also one of our customers."""
    first, last, mail, *_ = HEALTH_MARKS
    patient: Patient = PatientFactory.create(
        first_name=first, last_name=last, email=f"{mail}@example.com", customer=customer
    )
    patient.birth_date = BIRTH_DATE
    patient.save()
    return patient


def _signed_in(role: str) -> Client:
    """A browser in which somebody of this role is signed in; their tokens know them, too."""
    if role == "superuser":
        person = staff(username=role, is_superuser=True)
    else:
        person = staff(role, username=f"the-{role}")
    LinkedAccount.objects.create(user=person, issuer=shared_issuer().url, subject=role)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    # However long the tests take: for how long a sign-in is fresh has tests of its own.
    session = client.session
    session[BEGUN] = clock.seconds() + 3600
    session.save()
    return client


def _say_why(client: Client, patients: list[Any]) -> None:
    """As if they had been asked for their reasons already: clinical/tests has tests of that."""
    session = client.session
    session["access_reasons"] = dict.fromkeys([LISTS, *(str(row.pk) for row in patients)], "test")
    session.save()
