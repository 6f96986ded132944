"""What a clone carries with it: no address of a package index, and every command it promises."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config.settings.base import BASE_DIR

OURS = sorted(
    app for app in settings.INSTALLED_APPS if (BASE_DIR / app).is_dir() and app != "tests"
)
COMMANDS = (
    *("run", "test", "token", "bench", "lint", "types", "lock"),  # ours
    *("start", "install-local", "lint-fix", "requirements", "tests", "coverage-report"),  # B6
    *("migrate", "create-superuser", "stop-containers", "remove-containers"),  # B6
    *("build", "superuser", "test-coverage", "test-report", "test-html"),  # D6
)


@pytest.mark.parametrize("name", ["Pipfile", "Pipfile.lock"])
def test_no_package_index_is_named(name: str) -> None:
    text = (BASE_DIR / name).read_text()
    assert not re.search(r"://|\[\[source\]\]|\"index\"|find-links", text)


def test_the_lock_names_a_hash_for_every_package() -> None:
    lock = json.loads((BASE_DIR / "Pipfile.lock").read_text())
    assert lock["_meta"]["sources"] == []
    packages = lock["default"] | lock["develop"]
    assert [name for name, package in packages.items() if not package.get("hashes")] == []


def test_make_help_lists_every_command() -> None:
    """B6, D6."""
    listed = subprocess.run(["make", "help"], cwd=BASE_DIR, capture_output=True, text=True)
    assert listed.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", listed.stdout, re.MULTILINE), command


@pytest.mark.parametrize("command", ["start", "build", "stop-containers", "remove-containers"])
def test_without_docker_there_is_one_plain_sentence(command: str, tmp_path: object) -> None:
    tried = subprocess.run(
        ["make", command],
        cwd=BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": f"unix://{tmp_path}/none"},
        capture_output=True,
        text=True,
    )
    assert tried.returncode == 2
    first, *rest = tried.stderr.splitlines()
    assert "Docker" in first
    assert "make run" in first
    assert len(rest) == 1  # make's own line


def test_only_nginx_is_reached_from_outside_and_django_listens_on_5000() -> None:
    """B5."""
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert services["nginx"]["environment"]["UPSTREAM"] == "web:5000"
    assert "BIND=0.0.0.0:5000" in (BASE_DIR / "Dockerfile").read_text()


def test_nginx_runs_by_the_file_that_is_tested_and_not_by_its_images() -> None:
    """The image's takes 1,024 connections a worker, and logs queries beside what we log."""
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    assert "./nginx/nginx.conf:/etc/nginx/nginx.conf:ro" in services["nginx"]["volumes"]
    manifests = (BASE_DIR / "deploy" / "kubernetes" / "base" / "nginx.yaml").read_text()
    (nginx,) = (each for each in yaml.safe_load_all(manifests) if each["kind"] == "Deployment")
    (container,) = nginx["spec"]["template"]["spec"]["containers"]
    mounted = {each["mountPath"]: each.get("subPath") for each in container["volumeMounts"]}
    assert mounted["/etc/nginx/nginx.conf"] == "nginx.conf"


def test_every_part_of_make_run_has_a_container() -> None:
    """B5, E4."""
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    assert {"web", "dispatch", "worker", "beat", "sweeper", "database", "redis"} < set(services)
    redis = services["redis"]["command"]
    assert "--appendonly yes" in redis
    assert "--maxmemory-policy noeviction" in redis


def test_every_container_is_hardened_and_limited() -> None:
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "cpus", "pids_limit"} <= set(service), name
        assert "healthcheck" in service or name == "web", name  # web's is in the image


def test_files_of_studies_outlive_their_container() -> None:
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    for name in ("web", "dispatch", "worker", "beat", "sweeper"):
        assert "attachments:/attachments" in services[name]["volumes"], name
    for overlay in ("staging", "production"):
        settings = (BASE_DIR / "deploy" / "kubernetes" / overlay / "settings.env").read_text()
        assert re.search(r"^ATTACHMENTS_BUCKET=\S+$", settings, re.MULTILINE), overlay


def test_what_is_archived_is_whole_and_never_replaced(tmp_path: Path) -> None:
    def archive(text: str) -> int:
        (tmp_path / "piece").write_text(text)
        given = f"{tmp_path}/piece 0001 {tmp_path}/wal"
        words = [f"{BASE_DIR}/scripts/archive", *given.split()]
        return subprocess.run(words, check=False).returncode

    assert archive("first") == 0
    assert archive("first") == 0
    assert archive("another") != 0
    assert (tmp_path / "wal" / "0001").read_text() == "first"
    assert [file.name for file in (tmp_path / "wal").iterdir()] == ["0001"]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-21 14:05:00", "2026-11-21T14:05:00"])
def test_a_restore_wants_its_moment_in_utc_and_touches_nothing_without(
    moment: str, tmp_path: Path
) -> None:
    words = [f"{BASE_DIR}/scripts/restore", f"{tmp_path}", f"{tmp_path}/data", moment]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "UTC" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_restore_never_writes_over_data(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("18")
    words = [BASE_DIR / "scripts/restore", tmp_path, tmp_path]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr


@pytest.mark.parametrize("app", OURS)
def test_each_app_of_ours_is_in_the_image(app: str):
    assert f"!{app}" in (BASE_DIR / ".dockerignore").read_text().splitlines()
