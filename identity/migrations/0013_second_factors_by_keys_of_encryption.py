"""Secrets of authenticator apps, encrypted with a key made of SECRET_KEY until now, are encrypted as
everything else is. One that no SECRET_KEY here reads is emptied: it opened nothing any more.
"""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import migrations

import core.encryption.fields

PURPOSE = b"identity.passwords.encryption.1:"


def before() -> MultiFernet:
    """What encrypted them."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(PURPOSE + str(key).encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def read(sealed: str) -> str:
    """The secret in Base32; empty where no key reads it."""
    try:
        return base64.b32encode(before().decrypt(sealed)).decode()
    except InvalidToken:
        return ""


def encrypt_anew(apps: Any, schema_editor: Any) -> None:
    """All of them: one per person of staff."""
    for factor in apps.get_model("identity", "SecondFactor").objects.all():
        factor.secret = read(factor.sealed_secret)
        factor.save(update_fields=["secret"])


class Migration(migrations.Migration):

    dependencies = [
        ("identity", "0012_history_of_rights"),
        ("core", "0015_keys_of_encryption"),
    ]

    operations = [
        migrations.AddField(
            model_name="secondfactor",
            name="secret",
            field=core.encryption.fields.EncryptedCharField(
                blank=True,
                context="identity_secondfactor.secret",
                default="",
                help_text="In Base32.",
                max_length=64,
            ),
        ),
        migrations.RunPython(encrypt_anew, migrations.RunPython.noop),
        migrations.RemoveField(model_name="secondfactor", name="sealed_secret"),
    ]
