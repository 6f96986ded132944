"""A process with another key, or without one that is needed, does not begin to work."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.encryption import stored_keys
from core.encryption.models import EncryptionKey

OTHER = base64.b64encode(bytes(range(70, 102))).decode()

pytestmark = pytest.mark.django_db


def numbers() -> list[int]:
    return list(EncryptionKey.objects.order_by("number").values_list("number", flat=True))


def test_after_the_migrations_the_first_key_and_that_of_the_indexes_are_known():
    assert numbers() == [0, 1]
    stored_keys.verify()


def test_a_new_first_key_is_added_and_the_old_one_still_needed(settings):
    settings.ENCRYPTION_KEYS = f"2:{OTHER},{settings.ENCRYPTION_KEYS}"
    stored_keys.verify()
    assert numbers() == [0, 1, 2]
    settings.ENCRYPTION_KEYS = f"2:{OTHER}"
    with pytest.raises(ImproperlyConfigured, match="encrypted with key 1, which is not in"):
        stored_keys.verify()


def test_another_key_of_the_same_number_is_refused(settings):
    settings.ENCRYPTION_KEYS = f"1:{OTHER}"
    with pytest.raises(ImproperlyConfigured, match="Key 1 of ENCRYPTION_KEYS is not the key 1"):
        stored_keys.verify()


def test_another_key_of_the_indexes_is_refused(settings):
    settings.BLIND_INDEX_KEY = OTHER
    with pytest.raises(ImproperlyConfigured, match="BLIND_INDEX_KEY is not the one"):
        stored_keys.verify()


def test_a_key_that_is_used_no_more_may_be_removed(settings):
    settings.ENCRYPTION_KEYS = f"2:{OTHER},{settings.ENCRYPTION_KEYS}"
    stored_keys.verify()
    stored_keys.forget(1)
    settings.ENCRYPTION_KEYS = f"2:{OTHER}"
    stored_keys.verify()
