"""Files of any size, encrypted in chunks: cut, doubled, exchanged or altered ones are seen."""

import io

import pytest
from django.core.files.storage import FileSystemStorage

from core.encryption.cipher import DecryptionError
from core.encryption.files import (
    CHUNK,
    STORED_CHUNK,
    decrypted_file,
    encrypted_file,
    new_key,
)

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7)


def content(size: int) -> bytes:
    return bytes(n % 251 for n in range(size))


def stored(data: bytes, key: str) -> bytes:
    return b"".join(encrypted_file(io.BytesIO(data), key).chunks())


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_whole_and_from_any_place(size):
    key, data = new_key(), content(size)
    reader = decrypted_file(io.BytesIO(stored(data, key)), key)
    assert reader.read() == data
    for place in {0, size // 2, max(size - 1, 0), size, size + 5}:
        reader.seek(place)
        assert reader.read(10) == data[place : place + 10]
    assert reader.seek(-min(size, 3), io.SEEK_END) == size - min(size, 3)


def test_nothing_of_the_content_is_readable():
    assert b"Zoe Vane" not in stored(b"Zoe Vane" * 10_000, new_key())


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_was_cut_is_refused_when_it_is_opened(size):
    key = new_key()
    whole = stored(content(size), key)
    for end in {0, 1, len(whole) - 1, *range(1, len(whole), STORED_CHUNK)} - {len(whole)}:
        with pytest.raises(DecryptionError, match="damaged"):
            decrypted_file(io.BytesIO(whole[:end]), key)


def test_chunks_in_another_order_are_seen():
    key = new_key()
    whole = stored(content(3 * CHUNK + 7), key)
    parts = [whole[at : at + STORED_CHUNK] for at in range(1, len(whole), STORED_CHUNK)]
    for order in ((1, 0, 2, 3), (0, 0, 2, 3), (0, 1, 2, 2, 3)):
        exchanged = whole[:1] + b"".join(parts[n] for n in order)
        with pytest.raises(DecryptionError):
            decrypted_file(io.BytesIO(exchanged), key).read()


def test_a_file_behind_another_one_is_seen():
    key = new_key()
    whole = stored(content(CHUNK), key)
    with pytest.raises(DecryptionError):
        decrypted_file(io.BytesIO(whole + whole[1:]), key).read()


def test_an_altered_byte_is_seen_when_it_is_read():
    key = new_key()
    whole = bytearray(stored(content(2 * CHUNK), key))
    whole[10] ^= 1
    reader = decrypted_file(io.BytesIO(bytes(whole)), key)
    with pytest.raises(DecryptionError):
        reader.read()


def test_another_rows_key_opens_nothing():
    with pytest.raises(DecryptionError):
        decrypted_file(io.BytesIO(stored(b"Zoe", new_key())), new_key())


def test_a_storage_keeps_it_and_gives_it_back(tmp_path):
    storage, key, data = FileSystemStorage(tmp_path), new_key(), content(5 * CHUNK)
    name = storage.save("scan", encrypted_file(io.BytesIO(data), key))
    assert storage.size(name) == len(data) + 5 * 16 + 1
    with decrypted_file(storage.open(name), key) as reader:
        assert reader.read() == data
