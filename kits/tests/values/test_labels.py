"""Carriers' labels as they are scanned."""

import pytest
from django.core.exceptions import ValidationError

from kits.values import labels


@pytest.mark.parametrize(
    "text", ["RT 123 456 GB", "rt-123-456-gb", " RT123456GB\t", "ＲＴ123456GB"]
)
def test_a_label_is_kept_in_capitals_without_what_parts_its_groups(text):
    assert labels.normalise(text) == "RT123456GB"


@pytest.mark.parametrize("text", ["", "12345", "A" * 41, "RT123456?B", "https://example.com/RT1"])
def test_what_is_no_label_is_refused(text):
    with pytest.raises(ValidationError, match="Scan it again"):
        labels.normalise(text)
