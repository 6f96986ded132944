import pytest

from clinical.tests.factories import PatientFactory, study_of
from desk.models import Erasure
from desk.personal_data import erasure
from desk.personal_data.catalogue import PARTS, RETENTIONS, parts_of
from desk.personal_data.parts import Subject
from desk.tests.personal_data.held import customer_with_everything, rows
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", Erasure.Kind.values)
def test_each_kind_has_parts_and_no_name_twice(kind):
    names = [part.name for part in parts_of(kind)]
    assert names
    assert len(set(names)) == len(names)


def test_each_part_is_of_somebody():
    assert {part.kind for part in PARTS} == set(Erasure.Kind.values)


@pytest.mark.parametrize("retention", RETENTIONS, ids=lambda retention: retention.name)
def test_each_retention_has_a_setting_that_keeps_for_ever_by_default(retention, settings):
    assert getattr(settings, retention.setting) == 0


def test_a_customers_erasure_changes_the_parts_that_its_preview_names_and_no_others():
    customer, other = (customer_with_everything(name) for name in ("Quirrel", "Other"))
    parts = [part.name for part in parts_of("customer")]
    # Their history grows by what an erasure does, and loses its values; an opt-out is looked for
    # by address.
    apart = {"history", "address_history", "opt_outs"}

    def given(key):
        return {name: rows("customer", name, key) for name in parts if name not in apart}

    before, others = given(customer.pk), given(other.pk)
    named = {e.name for e in erasure.preview(Subject("customer", customer.pk)) if e.rows}
    assert given(customer.pk) == before
    asked = erasure.request("customer", customer.pk, by=staff("manager"), reason="asked")
    done = erasure.confirm(asked, by=staff("manager"))
    after = given(customer.pk)
    assert {name for name in after if after[name] != before[name]} == named - apart
    assert set(done.outcome) - apart == named - apart
    assert given(other.pk) == others


def test_of_a_patient_whose_record_is_kept_how_they_are_reached_goes():
    study = study_of(PatientFactory.create(last_name="Quirrel"))
    effects = erasure.preview(Subject("patient", study.patient_id))
    assert {effect.name for effect in effects if effect.rows} == {"patient", "history"}
    assert all(effect.kept for effect in effects)
