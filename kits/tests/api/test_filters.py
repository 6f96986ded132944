"""How a kit is searched for."""

import pytest

from kits.api.filters import search
from kits.models import Kit
from kits.tests.factories import packed_kit, stocked_kit

pytestmark = pytest.mark.django_db


def test_a_kit_is_found_by_its_serial_its_label_or_its_lot():
    kit, other = packed_kit(), stocked_kit(lot="L2")
    assert list(search(Kit.objects.all(), kit.serial.lower())) == [kit]
    assert list(search(Kit.objects.all(), f" {kit.return_tracking} ")) == [kit]
    assert list(search(Kit.objects.all(), "L2")) == [other]
    assert list(search(Kit.objects.all(), "nothing of ours")) == []
