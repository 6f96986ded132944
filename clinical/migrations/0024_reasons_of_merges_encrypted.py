"""Why records were merged is encrypted, as everything else that is written of a patient."""

from django.db import migrations

from core.encryption.fields import EncryptedTextField
from core.encryption.rewriting.conversion import Conversion, encrypt_columns

FIELDS = {
    "reason": EncryptedTextField(context="clinical_patientmerge.reason", max_length=500),
    "undo_reason": EncryptedTextField(
        blank=True, context="clinical_patientmerge.undo_reason", default="", max_length=500
    ),
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("clinical", "0023_reasons_of_changes"), ("core", "0015_keys_of_encryption")]

    operations = [
        *encrypt_columns(Conversion("clinical_patientmerge", list(FIELDS))),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="patientmerge", name=name, field=field)
                for name, field in FIELDS.items()
            ]
        ),
    ]
