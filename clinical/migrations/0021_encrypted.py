"""Patients and studies are encrypted: stop Dosette for it. Some minutes for a million patients.

See core/encryption/rewriting/conversion.py; decision 0047.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import clinical.births
import clinical.identifiers
import clinical.models
import core.encryption.fields
import core.encryption.indexes
import customers.values.validators
from clinical.births import Born, Precision
from clinical.search_tokens import tokens_of
from core.encryption.blind_index import digest
from core.encryption.rewriting.conversion import Conversion, encrypt_columns

NAME = {
    "blank": True,
    "default": "",
    "help_text": "Who has one name only leaves the other empty.",
    "max_length": 100,
    "validators": [customers.values.validators.OneLine(), clinical.models.HoldsLetter()],
}
INDEXES = ("patient_by_alphabet", "patient_by_birth_date", "patient_search_vector")
CONSTRAINTS = (
    "patient_birth_date_is_first_day",
    "one_patient_per_external_id",
    "patient_has_a_name",
)
FIELDS = {
    "patient": {
        "first_name": core.encryption.fields.EncryptedCharField(
            context="clinical_patient.first_name", **NAME
        ),
        "last_name": core.encryption.fields.EncryptedCharField(
            context="clinical_patient.last_name", **NAME
        ),
        "birth_date": core.encryption.fields.EncryptedDateField(
            context="clinical_patient.birth_date", validators=[clinical.births.validate_birth_date]
        ),
        "email": core.encryption.fields.EncryptedEmailField(
            blank=True, context="clinical_patient.email", default="", max_length=254
        ),
        "external_id": core.encryption.fields.EncryptedCharField(
            blank=True,
            context="clinical_patient.external_id",
            editable=False,
            help_text="The id in the system it was imported from.",
            max_length=50,
            null=True,
        ),
    },
    "study": {
        "body_part": core.encryption.fields.EncryptedCharField(
            context="clinical_study.body_part",
            max_length=100,
            validators=[customers.values.validators.OneLine()],
        ),
        "description": core.encryption.fields.EncryptedTextField(
            blank=True, context="clinical_study.description", default="", max_length=2000
        ),
    },
    "patienthistory": {
        "first_name": core.encryption.fields.EncryptedCharField(
            blank=True, context="clinical_patient.first_name", default="", max_length=100
        ),
        "last_name": core.encryption.fields.EncryptedCharField(
            blank=True, context="clinical_patient.last_name", default="", max_length=100
        ),
        "birth_date": core.encryption.fields.EncryptedDateField(
            context="clinical_patient.birth_date"
        ),
        "email": core.encryption.fields.EncryptedEmailField(
            blank=True, context="clinical_patient.email", default="", max_length=254
        ),
        "external_id": core.encryption.fields.EncryptedCharField(
            blank=True,
            context="clinical_patient.external_id",
            editable=False,
            max_length=50,
            null=True,
        ),
    },
    "studyhistory": {
        "body_part": core.encryption.fields.EncryptedCharField(
            context="clinical_study.body_part", max_length=100
        ),
        "description": core.encryption.fields.EncryptedTextField(
            blank=True, context="clinical_study.description", default="", max_length=2000
        ),
    },
    "studyreport": {
        "text": core.encryption.fields.EncryptedTextField(
            context="clinical_studyreport.text", max_length=20000
        ),
        "reason": core.encryption.fields.EncryptedTextField(
            blank=True, context="clinical_studyreport.reason", default="", max_length=500
        ),
    },
    "studyevent": {
        "detail": core.encryption.fields.EncryptedCharField(
            blank=True, context="clinical_studyevent.detail", default="", max_length=500
        ),
    },
}


def indexes_of_patient(row: Mapping[str, Any]) -> dict[str, Any]:
    """The blind indexes of a plain row."""
    born = Born(row["birth_date"], Precision(row["birth_date_precision"]))
    tokens = tokens_of(row["first_name"], row["last_name"], row["email"], born)
    external_id = row["external_id"]
    index: UUID | None = digest("clinical_patient.external_id", external_id) if external_id else None
    return {"external_id_index": index, "search_tokens": sorted(tokens)}


def keyed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The key of an imported row, which told its content to who guessed it, made one of ours."""
    if not row["import_key"]:
        return {"import_key": row["import_key"]}
    content, _, number = row["import_key"].rpartition("-")
    return {"import_key": f"{digest('clinical_study.import_key', content).hex}-{number}"}


OF_PATIENT = {
    "required": ["first_name", "last_name", "birth_date", "email"],
    "optional": ["external_id"],
}
OF_STUDY = {"required": ["body_part", "description"]}
CONVERSIONS = (
    Conversion("clinical_patient", **OF_PATIENT, made=indexes_of_patient),
    Conversion(
        "clinical_patienthistory", **OF_PATIENT, key="pgh_id", copied_from="clinical_patient"
    ),
    Conversion("clinical_study", **OF_STUDY, made=keyed),
    Conversion("clinical_studyhistory", **OF_STUDY, key="pgh_id", copied_from="clinical_study"),
    Conversion("clinical_studyreport", ["text", "reason"]),
    Conversion("clinical_studyevent", ["detail"]),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("clinical", "0020_attachments"),
        ("core", "0015_keys_of_encryption"),
    ]

    operations = [
        *(RemoveIndexConcurrently(model_name="patient", name=name) for name in INDEXES),
        *(migrations.RemoveConstraint(model_name="patient", name=name) for name in CONSTRAINTS),
        migrations.AddField(
            model_name="patient",
            name="external_id_index",
            field=core.encryption.indexes.DigestField(
                comparable=None, editable=False, null=True, source="external_id"
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="search_tokens",
            field=core.encryption.indexes.TokensField(
                default=list,
                editable=False,
                made_by="make_search_tokens",
                made_from=["first_name", "last_name", "email", "birth_date", "birth_date_precision"],
                size=None,
            ),
        ),
        *(operation for each in CONVERSIONS for operation in encrypt_columns(each)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name=model, name=name, field=field)
                for model, fields in FIELDS.items()
                for name, field in fields.items()
            ]
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(
                fields=("external_id_index",), name="one_patient_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_name", ""), ("last_name", ""), _negated=True),
                name="patient_has_a_name",
            ),
        ),
        migrations.AlterField(
            model_name="patientidentifier",
            name="value_index",
            field=core.encryption.indexes.DigestField(
                comparable=clinical.identifiers.comparable, editable=False, source="value"
            ),
        ),
        AddIndexConcurrently(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_tokens"], name="patient_by_tokens"
            ),
        ),
    ]
