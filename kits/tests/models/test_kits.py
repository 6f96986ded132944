"""What the database refuses, whoever asks it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kits.models import Kit
from kits.tests.factories import a_label, packed_kit, stocked_kit

pytestmark = pytest.mark.django_db


def refused(kit: Kit, constraint: str, **values) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Kit.objects.filter(pk=kit.pk).update(**values)


def _place_of(kit: Kit, label: str = "") -> dict[str, Any]:
    return {
        "shipment": kit.shipment,
        "first_shipment": kit.first_shipment,
        "piece": kit.piece,
        "return_tracking": label or a_label(),
        "state": "packed",
    }


def test_one_kit_has_a_place_unless_the_other_is_given_up():
    packed, other = packed_kit(), stocked_kit()
    refused(other, "one_kit_per_place", **_place_of(packed))
    Kit.objects.filter(pk=packed.pk).update(state="lost")
    Kit.objects.filter(pk=other.pk).update(**_place_of(packed))
    refused(packed, "one_kit_per_place", state="returning")


def test_a_label_brings_back_one_kit():
    packed, other = packed_kit(), packed_kit()
    refused(other, "return_tracking", return_tracking=packed.return_tracking)


def test_a_kit_is_on_the_shelf_or_has_a_whole_place():
    kit = packed_kit()
    refused(kit, "kit_has_a_place_from_packing_on", state="in-stock")
    refused(kit, "kit_place_is_whole", piece=None)
    refused(stocked_kit(), "kit_has_a_place_from_packing_on", state="delivered")


def test_a_kit_is_replaced_once_and_by_another():
    kit, one, two = packed_kit(), stocked_kit(), stocked_kit()
    Kit.objects.filter(pk=one.pk).update(replaces=kit)
    refused(two, "replaces", replaces=kit)
    refused(two, "kit_replaces_another", replaces=two)


def test_a_serial_is_that_of_one_kit():
    kit = stocked_kit()
    refused(stocked_kit(), "serial", serial=kit.serial)
