import io

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinical.attachments import services
from clinical.models import Patient, Study, StudyAttachment
from clinical.patients.merging import merge
from clinical.tests.attachments.samples import PDF
from clinical.tests.conftest import folder
from clinical.tests.factories import PatientFactory, performed_study, study_of
from core.workflow import TransitionNotAllowedError
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import Erasure
from desk.personal_data import erasure
from desk.personal_data.parts import NotErasableError, Subject
from desk.tests.personal_data.held import old_enough
from identity.tests.factories import staff
from notifications.models import Notification, OptOut
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import Shipment

__all__ = ["folder"]

pytestmark = pytest.mark.django_db
WHY = "they asked for it"


@pytest.fixture
def people():
    return staff("manager"), staff("manager")


@pytest.fixture
def customer():
    customer = CustomerFactory.create(name="Zoe Quirrel", email="zoe@quirrel.example")
    AddressFactory.create(customer=customer, recipient="Zoe Quirrel")
    order = placed_order(customer=customer)
    Order.objects.filter(pk=order.pk).update(state="delivered", recipient="Zoe Quirrel")
    Shipment.objects.filter(order=order).update(state="delivered")
    row = notify(customer, message="Dear Zoe Quirrel", channel="email")
    Notification.objects.filter(pk=row.pk).update(state="sent")
    Notification.objects.filter(customer=customer).update(state="sent")
    OptOut.objects.create(channel="email", recipient="zoe@quirrel.example")
    return customer


def texts(model, **where):
    return repr(list(model.objects.filter(**where).values()))


def test_the_preview_counts_what_would_go_and_does_nothing(customer):
    effects = {e.name: e for e in erasure.preview(Subject("customer", customer.pk))}
    assert effects["customer"].rows == effects["addresses"].rows == effects["orders"].rows == 1
    assert effects["notifications"].rows >= 1
    assert effects["opt_outs"].rows == 0
    assert "no more messages" in effects["opt_outs"].kept
    assert "Zoe Quirrel" in texts(Customer) + texts(Order)


def test_two_people_erase_a_customer_and_bookkeeping_stays(customer, people):
    asked = erasure.request("customer", customer.pk, by=people[0], reason=WHY)
    assert "Zoe Quirrel" in texts(Customer)
    done = erasure.confirm(asked, by=people[1])
    assert done.outcome["addresses"] == 1
    for model in (Customer, Order, Notification):
        assert "uirrel" not in texts(model), model
    assert not customer.addresses.exists()
    order = Order.objects.get()
    assert (order.customer_id, order.state, order.awaits_address) == (
        customer.pk,
        "delivered",
        False,
    )
    assert OptOut.objects.filter(recipient="zoe@quirrel.example").exists()


def test_nobody_confirms_their_own_request(customer, people):
    asked = erasure.request("customer", customer.pk, by=people[0], reason=WHY)
    with pytest.raises(TransitionNotAllowedError, match="Somebody else"):
        erasure.confirm(asked, by=people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.update(state="done", decided_by=people[0])
    assert "Zoe Quirrel" in texts(Customer)


def test_a_request_is_decided_once(customer, people):
    asked = erasure.request("customer", customer.pk, by=people[0], reason=WHY)
    with pytest.raises(ValidationError):
        erasure.request("customer", customer.pk, by=people[1], reason=WHY)
    erasure.withdraw(asked, by=people[0])
    for verb in (erasure.confirm, erasure.withdraw):
        with pytest.raises(TransitionNotAllowedError, match="withdrawn"):
            verb(asked, by=people[1])
    assert "Zoe Quirrel" in texts(Customer)


@pytest.mark.parametrize(("kind", "key"), [("customer", 999_999), ("patient", 1), ("order", 1)])
def test_nobody_is_erased_who_is_not_there(people, kind, key):
    with pytest.raises(ValidationError):
        erasure.request(kind, key, by=people[0], reason=WHY)


def test_an_order_under_way_comes_first_and_nothing_is_half_done(customer, people):
    asked = erasure.request("customer", customer.pk, by=people[0], reason=WHY)
    Order.objects.update(state="shipped")
    for act in (
        lambda: erasure.preview(Subject("customer", customer.pk)),
        lambda: erasure.confirm(asked, by=people[1]),
    ):
        with pytest.raises(NotErasableError, match="under way"):
            act()
    asked.refresh_from_db()
    assert asked.state == "requested"
    assert "Zoe Quirrel" in texts(Customer)
    assert customer.addresses.exists()


def test_a_health_record_keeps_whose_it_is_for_its_time(people):
    study = study_of(PatientFactory.create(last_name="Quirrel"))
    patient = study.patient
    patient.identifiers.create(system="urn:one", value="17")
    asked = erasure.request("patient", patient.pk, by=people[0], reason=WHY)
    erasure.confirm(asked, by=people[1])
    patient.refresh_from_db()
    study.refresh_from_db()
    assert (patient.last_name, patient.email) == ("Quirrel", "")
    assert (study.description, patient.identifiers.count()) == ("HIGH DENSITY ON LEFT SIDE", 1)


def test_after_its_time_nobody_is_told_by_it_nor_by_what_was_merged(people):
    study = study_of(PatientFactory.create(last_name="Quirrel", external_id="7"))
    patient, other = study.patient, PatientFactory.create(last_name="Quirrel")
    other.identifiers.create(system="urn:one", value="17")
    merge(patient, other, take=["email"], by="user:x", reason="entered twice")
    old_enough()
    asked = erasure.request("patient", patient.pk, by=people[0], reason=WHY)
    erasure.confirm(asked, by=people[1])
    for row in Patient.objects.all():
        assert (str(row), row.email, row.external_id) == ("erased", "", None)
        assert row.born.written() == "1988"
        assert not row.identifiers.exists()
    study.refresh_from_db()
    assert (study.description, study.body_part, study.type) == ("", "erased", "MAMMOGRAM")
    assert not Patient.objects.current().exists()


def attached(study):
    return services.attach(study, io.BytesIO(PDF), "of Quirrel.pdf", by="user:test")


def files_in(place):
    return [path for path in place.rglob("*") if path.is_file()]


def confirmed(patient, people, callbacks):
    asked = erasure.request("patient", patient.pk, by=people[0], reason=WHY)
    with callbacks(execute=True):
        return erasure.confirm(asked, by=people[1])


def test_after_its_time_the_files_of_studies_go_with_the_commit(
    people, folder, django_capture_on_commit_callbacks
):
    mine, other = attached(performed_study()), attached(performed_study())
    wrong = attached(mine.study)
    services.enter_in_error(wrong, "of another patient", by="user:test")
    old_enough(Study.objects.filter(pk=mine.study_id))
    done = confirmed(mine.study.patient, people, django_capture_on_commit_callbacks)
    assert done.outcome["attachments"] == 2
    assert files_in(folder) == [folder / other.stored_as]
    assert not StudyAttachment.objects.exclude(pk=other.pk).exclude(file_key="").exists()


def test_while_a_record_is_kept_so_are_its_files(
    people, folder, django_capture_on_commit_callbacks
):
    row = attached(performed_study())
    done = confirmed(row.study.patient, people, django_capture_on_commit_callbacks)
    assert "attachments" not in done.outcome
    assert files_in(folder) == [folder / row.stored_as]


def test_an_erasure_is_done_also_while_the_storage_does_not_answer(
    people, folder, django_capture_on_commit_callbacks
):
    row = attached(performed_study())
    old_enough()
    place = folder / row.stored_as
    place.unlink()
    (place / "in the way").mkdir(parents=True)  # a folder that is not empty is not removed
    assert confirmed(row.study.patient, people, django_capture_on_commit_callbacks).state == "done"
    row.refresh_from_db()
    assert (row.file_key, row.file_removed_at) == ("", None)
