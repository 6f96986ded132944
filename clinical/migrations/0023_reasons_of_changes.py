from django.db import migrations, models

import core.encryption.fields


def reason():
    return core.encryption.fields.EncryptedTextField(
        context="history.reason",
        db_default=models.Func(
            output_field=models.BinaryField(),
            template="decode(nullif(current_setting('dosette.reason', true), ''), 'base64')",
        ),
        null=True,
    )


class Migration(migrations.Migration):
    dependencies = [("clinical", "0022_erased_attachments")]

    operations = [
        migrations.AddField(model_name=name, name="pgh_reason", field=reason())
        for name in ("patienthistory", "patientidentifierhistory", "studyhistory")
    ]
