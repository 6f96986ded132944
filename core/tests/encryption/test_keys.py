"""Keys are numbered, whole, and named by their number alone where one is bad."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.encryption import keys

ONE, TWO = (base64.b64encode(bytes(range(start, start + 32))).decode() for start in (1, 50))


def test_the_first_key_encrypts_and_each_has_its_number():
    assert list(keys.numbered(f"7:{TWO}, 2:{ONE}")) == [7, 2]
    assert keys.numbered(f"2:{ONE}")[2] == bytes(range(1, 33))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (ONE, "write each key as 1:BASE64"),
        (f"x:{ONE}", "write each key as 1:BASE64"),
        (f"²:{ONE}", "write each key as 1:BASE64"),
        (f"0:{ONE}", "numbers are 1 to 255"),
        (f"256:{ONE}", "numbers are 1 to 255"),
        (f"1:{ONE},1:{TWO}", "two keys numbered 1"),
        (f"1:{ONE},2:{ONE}", "two numbers have the same key"),
        ("1:c2hvcnQ=", "key 1 is not the Base64 of 32 random bytes"),
        (f"1:{ONE[:-2]}é=", "key 1 is not the Base64"),
        ("3:" + base64.b64encode(bytes(32)).decode(), "key 3 is not the Base64"),
    ],
)
def test_a_bad_list_of_keys_is_refused_without_showing_one(text, reason):
    with pytest.raises(ImproperlyConfigured, match=reason) as refused:
        keys.numbered(text)
    assert ONE not in str(refused.value)
