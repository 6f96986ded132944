from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from clinical.tests.factories import study_of
from customers.tests.factories import AddressFactory
from desk.models import PersonExport
from identity.models import AccessRecord
from identity.tests.factories import staff
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db


def test_it_says_what_an_erasure_would_do(capsys):
    home = AddressFactory.create()
    call_command("personal_data", "customer", home.customer_id)
    said = capsys.readouterr().out
    assert "addresses: 1 rows would be erased." in said
    assert "Stays: What was ordered when" in said
    assert home.customer.addresses.exists()


def test_it_says_why_nothing_may_be_erased():
    order = placed_order()
    with pytest.raises(CommandError, match="under way"):
        call_command("personal_data", "customer", order.customer_id)


def test_an_export_is_on_record_and_writes_over_nothing(tmp_path):
    key, file = study_of().patient_id, tmp_path / "a.zip"
    who = {"by": staff("clinician").username, "reason": "asked for it"}
    call_command("personal_data", "patient", key, export=str(file), **who)
    assert "studies.json" in ZipFile(file).namelist()
    record = AccessRecord.objects.get()
    assert (record.patients, record.how, record.reason) == ([key], "export", "asked for it")
    assert PersonExport.objects.get().subject == key
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("personal_data", "patient", key, export=str(file), **who)


@pytest.mark.parametrize("lacking", ["by", "reason"])
def test_who_and_why_are_needed(tmp_path, lacking):
    who = {"by": staff("clinician").username, "reason": "asked for it"} | {lacking: ""}
    key = study_of().patient_id
    with pytest.raises(CommandError, match="--by"):
        call_command("personal_data", "patient", key, export=str(tmp_path / "a.zip"), **who)
    assert not PersonExport.objects.exists()


@pytest.mark.parametrize("kind", ["customer", "patient"])
@pytest.mark.parametrize("wants", ["preview", "export"])
def test_for_somebody_who_is_not_there_it_says_so_and_makes_nothing(tmp_path, kind, wants):
    file = tmp_path / "a.zip"
    options = {"by": staff("clinician").username, "reason": "asked for it", "export": str(file)}
    with pytest.raises(CommandError, match=f"There is no {kind} 999999"):
        call_command("personal_data", kind, 999_999, **options if wants == "export" else {})
    assert not file.exists()
    assert not PersonExport.objects.exists()


@pytest.mark.parametrize("key", ["x", "1.5", ""])
def test_a_key_is_a_number(key):
    with pytest.raises(CommandError, match="invalid int value"):
        call_command("personal_data", "customer", key)


def test_there_are_customers_and_patients_and_no_others():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("personal_data", "order", "1")


def test_a_reason_that_is_too_long_is_refused_before_anything_is_written(tmp_path):
    key, file = study_of().patient_id, tmp_path / "a.zip"
    who = {"by": staff("clinician").username, "reason": "x" * 501}
    with pytest.raises(CommandError, match="at most 500 characters"):
        call_command("personal_data", "patient", key, export=str(file), **who)
    assert not file.exists()
    assert not PersonExport.objects.exists()
    assert not AccessRecord.objects.exists()


def test_who_is_nobody_of_the_staff_exports_nothing(tmp_path):
    key, file = study_of().patient_id, tmp_path / "a.zip"
    with pytest.raises(CommandError, match="Say who exports"):
        call_command("personal_data", "patient", key, export=str(file), by="x", reason="asked")
    assert not file.exists()


def test_an_export_of_a_customer_names_who_did_it_and_is_no_look_at_health_data(tmp_path):
    home, file = AddressFactory.create(), tmp_path / "a.zip"
    person = staff("manager")
    who = {"by": person.username, "reason": "asked for it"}
    call_command("personal_data", "customer", home.customer_id, export=str(file), **who)
    row = PersonExport.objects.get()
    assert (row.kind, row.subject, row.actor) == ("customer", home.customer_id, person.actor)
    assert not AccessRecord.objects.exists()
    assert home.recipient.encode() in ZipFile(file).read("addresses.json")
