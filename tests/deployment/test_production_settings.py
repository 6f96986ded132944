"""Production settings name what is missing, and nothing in them comes from the demo."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import environment
from config.settings.environment import BASE_DIR

KEY_2 = "YnVpbGQtc3RlcC1rZXktMDEyMzQ1Njc4OWFiY2RlZmc="
KEY_1 = "Y2ktdGVzdC1rZXktMS0wMTIzNDU2Nzg5YWJjZGVmZ2g="
COMPLETE = {
    "SECRET_KEY": "x" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "ENCRYPTION_KEYS": f"2:{KEY_2},1:{KEY_1}",
    "BLIND_INDEX_KEY": "Y2ktaW5kZXgta2V5LTAxMjM0NTY3ODlhYmNkZWZnaGk=",
    "ALLOWED_HOSTS": "dosette.example",
    "ATTACHMENTS_FOLDER": "/attachments",
    "DATABASE_URL": "postgres://dosette:secret@database.example/dosette",
    "REDIS_URL": "redis://redis.example:6379/0",
    "OIDC_ISSUER": "https://issuer.example",
    "OIDC_CLIENT_ID": "dosette-admin",
    "OIDC_CLIENT_SECRET": "an-oidc-secret",
    "OIDC_AUDIENCE": "dosette",
    "REFERENCE_PROVIDER_URL": "https://shipping.example/orders",
    "REFERENCE_PROVIDER_SECRET": "whsec_c2FuZGJveC1yZWZlcmVuY2UtcHJvdmlkZXItdGVzdA==",
    "SMS_PROVIDER": "africastalking,gateway",
    "EMAIL_PROVIDER": "gateway",
    "AFRICAS_TALKING_USERNAME": "dosette",
    "AFRICAS_TALKING_API_KEY": "an-api-key",
    "AFRICAS_TALKING_BASE_URL": "https://api.africastalking.com",
    "AFRICAS_TALKING_CALLBACK_TOKEN": "a-callback-token",
    "SMS_GATEWAY_URL": "https://sms.example",
    "SMS_GATEWAY_TOKEN": "an-sms-token",
    "EMAIL_GATEWAY_URL": "https://email.example",
    "EMAIL_GATEWAY_TOKEN": "an-email-token",
}


def manage(var: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` under production settings, with this environment and no other."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        env=environment
        | {"DJANGO_SETTINGS_MODULE": "config.settings.production", "DOSETTE_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_somebody_wrote_into_redis_is_read_and_never_run(tmp_path: Path) -> None:
    read = "cache._cache._serializer.loads(pickle.dumps(print))"
    code = f"import pickle; from django.core.cache import cache; print('read', {read})"
    assert "read None" in manage(tmp_path, COMPLETE, "shell", "-c", code).stdout


def test_production_needs_nothing_that_only_a_developers_machine_has(tmp_path: Path) -> None:
    """`devserver/` is not in the image."""
    assert "devserver" not in (BASE_DIR / ".dockerignore").read_text()
    code = "import sys, config.urls; print([name for name in sys.modules if 'devserver' in name])"
    asked = manage(tmp_path, COMPLETE, "shell", "-c", code)
    assert asked.stdout.splitlines()[-1:] == ["[]"], asked.stderr


def test_an_empty_environment_is_told_everything_it_lacks(tmp_path: Path) -> None:
    refused = manage(tmp_path, {}, "check")
    assert refused.returncode == 1
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "OIDC_ISSUER", "SMS_PROVIDER"):
        assert name in refused.stderr


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_whatever_is_missing_is_named(tmp_path: Path, name: str) -> None:
    environment = {key: value for key, value in COMPLETE.items() if key != name}
    refused = manage(tmp_path, environment, "check")
    assert refused.returncode == 1
    assert f"need these environment variables: {name}." in refused.stderr


def test_a_short_secret_key_is_refused(tmp_path: Path) -> None:
    refused = manage(tmp_path, COMPLETE | {"SECRET_KEY": "short"}, "check")
    assert refused.returncode == 1
    assert "SECRET_KEY must be random" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ENCRYPTION_KEYS", "1:c2hvcnQ=", "ENCRYPTION_KEYS, key 1 is not the Base64 of 32"),
        ("ENCRYPTION_KEYS", COMPLETE["BLIND_INDEX_KEY"], "write each key as 1:BASE64"),
        ("ENCRYPTION_KEYS", f"0:{COMPLETE['BLIND_INDEX_KEY']}", "numbers are 1 to 255"),
        ("ENCRYPTION_KEYS", f"1:{COMPLETE['BLIND_INDEX_KEY']}", "must be a key of its own"),
        ("BLIND_INDEX_KEY", "a-word", "BLIND_INDEX_KEY is not the Base64 of 32"),
    ],
)
def test_a_bad_key_is_refused_by_name_and_not_shown(
    tmp_path: Path, name: str, value: str, reason: str
) -> None:
    refused = manage(tmp_path, COMPLETE | {name: value}, "check")
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert value not in refused.stderr


REFUSED = {
    "DEBUG": "true",
    "DOSETTE_DEMO": "1",
    "SANDBOX_URL": "https://stand-in.example",
    "ALLOWED_HOSTS": "dosette.example,*",
    "SHIPPING_PROVIDER": "console",
    "SMS_PROVIDER": "africastalking,console",
    "EMAIL_PROVIDER": "console",
    "AFRICAS_TALKING_USERNAME": "sandbox",
    "AFRICAS_TALKING_BASE_URL": "https://api.sandbox.africastalking.com",
    "REFERENCE_PROVIDER_URL": "https://127.0.0.1:8001/provider/shipments",
    "SMS_GATEWAY_URL": "http://sms.example",
    "EMAIL_GATEWAY_URL": "https://localhost/email",
    "OIDC_ISSUER": "http://issuer.example",
    "OIDC_TRUSTED_ISSUERS": "https://issuer.example,https://[::1]:8001/oidc",
    "ACME_PROVIDER_URL": "https://0.0.0.0",
}


@pytest.mark.parametrize(("name", "value"), REFUSED.items())
def test_what_cannot_be_right_is_refused_by_name(name: str, value: str) -> None:
    [objection] = environment.problems(COMPLETE | {name: value})
    assert objection.startswith(f"{name} ")


def test_all_that_is_refused_is_named_at_once(tmp_path: Path) -> None:
    refused = manage(tmp_path, COMPLETE | REFUSED, "check")
    assert refused.returncode == 1
    assert [name for name in REFUSED if f" {name} " not in refused.stderr] == []
    assert "shipping.example" not in refused.stderr


def test_a_rehearsal_may_talk_to_this_machine_by_https() -> None:
    here = {"REFERENCE_PROVIDER_URL": "https://127.0.0.1:8443/", "DOSETTE_REHEARSAL": "true"}
    assert list(environment.problems(COMPLETE | here)) == []


def test_secrets_may_come_as_files(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "SECRET_KEY").write_text(COMPLETE["SECRET_KEY"] + "\n")
    (secrets / "POSTGRES_PASSWORD").write_text("p@ss/word")
    (secrets / "..data").mkdir()  # what Kubernetes puts beside them
    given = COMPLETE | {
        "SECRETS_DIR": str(secrets),
        "DATABASE_URL": "postgres://dosette@database.example/dosette",
    }
    del given["SECRET_KEY"]
    show = "from django.conf import settings as s; print(s.DATABASES['default']['PASSWORD'])"
    shown = manage(tmp_path, given, "shell", "--no-imports", "-c", show)
    assert shown.stdout == "p@ss/word\n", shown.stderr


def test_a_secret_with_two_values_is_refused_and_neither_is_shown(tmp_path: Path) -> None:
    (tmp_path / "SECRET_KEY").write_text("another-one")
    refused = manage(tmp_path, COMPLETE | {"SECRETS_DIR": str(tmp_path)}, "check")
    assert "SECRET_KEY is set in the environment and" in refused.stderr
    assert "another-one" not in refused.stderr


def test_a_complete_environment_passes_djangos_own_checks(tmp_path: Path) -> None:
    environment = COMPLETE | {"TRUSTED_PROXIES": "1", "SECOND_FACTOR": "required"}
    checked = manage(tmp_path, environment, "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr


def test_nothing_falls_back_to_the_demo(tmp_path: Path) -> None:
    show = "from django.conf import settings as s; print(s.DEMO, s.DEBUG, repr(s.DEMO_PASSWORD))"
    shown = manage(tmp_path, COMPLETE, "shell", "--no-imports", "-c", show)
    assert shown.stdout == "False False ''\n", shown.stderr
    assert not (tmp_path / "secrets.json").exists()
    assert not (tmp_path / "postgres").exists()


def test_the_sandbox_does_not_start_beside_it(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", "0", "--var", str(tmp_path)],
        cwd=BASE_DIR,
        env=COMPLETE | {"DJANGO_SETTINGS_MODULE": "config.settings.production"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert started.returncode == 2
    assert "does not start with production settings" in started.stderr


def test_the_sample_of_the_environment_names_all_of_it() -> None:
    """D6, E3."""
    sample = (BASE_DIR / ".env.sample").read_text()
    assert [name for name in COMPLETE if f"#{name}=" not in sample] == []


def test_a_copy_of_the_sample_changes_nothing_until_it_is_edited() -> None:
    lines = (BASE_DIR / ".env.sample").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
