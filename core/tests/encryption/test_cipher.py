"""What is encrypted is read by its keys, in its place, unaltered, and not otherwise."""

import base64

import pytest

from core.encryption import cipher
from core.encryption.cipher import DecryptionError, decrypt, encrypt

ONE, TWO = (base64.b64encode(bytes(range(start, start + 32))).decode() for start in (1, 50))


@pytest.fixture(autouse=True)
def first_key(settings):
    settings.ENCRYPTION_KEYS = f"1:{ONE}"


def test_it_comes_back_and_is_another_text_each_time():
    both = [encrypt(b"Zoe", "table.name") for _ in range(2)]
    assert both[0] != both[1]
    assert [decrypt(each, "table.name") for each in both] == [b"Zoe", b"Zoe"]
    assert {len(each) for each in both} == {3 + cipher.OVERHEAD}


def test_an_older_key_still_decrypts_and_the_first_encrypts(settings):
    before = encrypt(b"Zoe", "table.name")
    settings.ENCRYPTION_KEYS = f"2:{TWO},1:{ONE}"
    assert decrypt(memoryview(before), "table.name") == b"Zoe"
    assert cipher.key_number(encrypt(b"Zoe", "table.name")) == 2


def test_a_missing_key_is_named(settings):
    before = encrypt(b"Zoe", "table.name")
    settings.ENCRYPTION_KEYS = f"2:{TWO}"
    with pytest.raises(DecryptionError, match=r"table\.name is encrypted with key 1, which is not"):
        decrypt(before, "table.name")


def test_another_key_of_the_same_number_reads_nothing(settings):
    before = encrypt(b"Zoe", "table.name")
    settings.ENCRYPTION_KEYS = f"1:{TWO}"
    with pytest.raises(DecryptionError, match=r"table\.name does not decrypt with key 1"):
        decrypt(before, "table.name")


def test_a_value_that_was_moved_to_another_column_is_refused():
    with pytest.raises(DecryptionError):
        decrypt(encrypt(b"Zoe", "table.name"), "table.other")


@pytest.mark.parametrize("place", range(2, 33))
def test_each_altered_byte_is_seen(place):
    stored = bytearray(encrypt(b"Zoe", "table.name"))
    stored[place] ^= 1
    with pytest.raises(DecryptionError):
        decrypt(bytes(stored), "table.name")


@pytest.mark.parametrize("stored", [b"", b"Zoe", b"\x01\x01", bytes(40), b"\x09" * 40])
def test_what_was_never_encrypted_is_refused(stored):
    with pytest.raises(DecryptionError, match="not what Dosette encrypts"):
        decrypt(stored, "table.name")
