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
    with pytest.raises(CommandError, match="--by"):
        call_command("personal_data", "patient", 1, export=str(tmp_path / "a.zip"), **who)
    assert not PersonExport.objects.exists()
