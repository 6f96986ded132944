"""An encrypted column is a plain one to Python, and bytes to the database."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models
from django.test.utils import isolate_apps

from core.encryption.cipher import DecryptionError
from core.encryption.fields import (
    EncryptedCharField,
    EncryptedDateField,
    EncryptedEmailField,
    EncryptedTextField,
)

CANARY = "Zoë Canary-Vane"


@pytest.fixture
def people(db: None) -> Iterator[Any]:
    with isolate_apps("core"):

        class Person(models.Model):
            name = EncryptedCharField(max_length=20, blank=True, default="")
            notes = EncryptedTextField(default="")
            email = EncryptedEmailField(blank=True, default="")
            born = EncryptedDateField(null=True)

            class Meta:
                app_label = "core"

            def __str__(self) -> str:
                return str(self.pk)

        with connection.schema_editor() as editor:
            editor.create_model(Person)
        yield Person._default_manager


def raw(column: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM core_person ORDER BY id")
        return [row[0] and bytes(row[0]) for row in cursor.fetchall()]


def test_values_come_back_as_they_were_given(people):
    given = {"name": CANARY, "notes": "a\nb", "email": "z@mail.example", "born": date(1985, 4, 10)}
    row = people.create(**given)
    assert people.values(*given).get() == given
    assert people.get(pk=row.pk).born == date(1985, 4, 10)
    assert list(people.values_list("name", flat=True)) == [CANARY]


def test_the_table_holds_nothing_readable(people):
    people.create(name=CANARY, notes=CANARY, email="canary@mail.example", born=date(1985, 4, 10))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p::text, encode(name || notes || email || born, 'escape') FROM core_person p"
        )
        text = "".join(cursor.fetchone()).casefold()
    assert not any(part in text for part in ("canary", "vane", "mail", "1985"))


def test_equal_values_look_different(people):
    people.bulk_create([people.model(name="Zoe"), people.model(name="Zoe")])
    assert len(set(raw("name"))) == 2


def test_none_stays_none_and_an_empty_text_is_empty(people):
    people.create(name="")
    assert raw("born") == [None]
    assert raw("name") == [b""]
    assert people.filter(born__isnull=True, name="").exists()
    assert not people.exclude(name="").exists()


def test_bulk_update_and_update_encrypt(people):
    rows = people.bulk_create([people.model(name="a"), people.model(name="b")])
    rows[0].name = "first"
    people.bulk_update(rows, ["name"])
    people.filter(pk=rows[1].pk).update(name="second", born=date(2001, 1, 1))
    assert list(people.order_by("id").values_list("name", flat=True)) == ["first", "second"]
    assert b"second" not in raw("name")[1]


@pytest.mark.parametrize(
    "lookup",
    [
        {"name": "Zoe"}, {"name__iexact": "Zoe"}, {"name__in": ["Zoe"]}, {"name__contains": "Z"},
        {"born__gt": date(1985, 1, 1)}, {"born__year": 1985}, {"email__startswith": "z"},
    ],
)  # fmt: skip
def test_a_lookup_is_refused_and_says_what_to_do(people, lookup):
    with pytest.raises(FieldError, match=r"core_person\.\w+ is encrypted: .* blind index"):
        people.filter(**lookup).exists()


def test_a_value_of_another_column_is_not_read(people):
    people.create(name="Zoe", notes="knee")
    people.update(notes=models.F("name"))
    with pytest.raises(DecryptionError, match=r"core_person\.notes"):
        people.get()


def test_a_form_field_and_its_limits_are_those_of_plain_columns(people):
    field = people.model._meta.get_field("name")
    assert field.formfield().max_length == 20
    with pytest.raises(ValidationError):
        people.model(name="x" * 21).clean_fields()


def test_migrations_keep_the_context(people):
    *_, kwargs = people.model._meta.get_field("name").deconstruct()
    assert kwargs["context"] == "core_person.name"
