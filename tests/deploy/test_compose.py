"""compose.yaml: right by the Compose specification, and whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.queues import CELERY_TASK_QUEUES
from tests.services import are_required

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILE = DEPLOY / "compose.yaml"
#: The specification's schema, as Debian's package docker-compose brings it.
SCHEMA = Path("/usr/lib/python3/dist-packages/compose/config/compose_spec.json")
INSTALL = "is not here: apt-get install --no-install-recommends docker-compose"

SECRETS = {
    "POSTGRES_PASSWORD": "a",
    "RABBITMQ_PASSWORD": "b",
    "FLOWER_BASIC_AUTH": "c:d",
    "METRICS_TOKEN": "e",
    "GRAFANA_PASSWORD": "f",
}


@pytest.fixture
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return document


def give_up(what: str) -> None:
    (pytest.fail if are_required() else pytest.skip)(f"{what} {INSTALL}")


def test_the_specifications_schema_accepts_it(compose):
    if not SCHEMA.exists():
        give_up("the Compose specification's schema")

    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(compose)


def test_docker_compose_reads_it_and_misses_nothing():
    if shutil.which("docker-compose") is None:
        give_up("docker-compose")
    command = ["docker-compose", "--file", str(FILE), "config", "--quiet"]
    environment = {**os.environ, **SECRETS, "SHOP_ENV_FILE": "shop.env"}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_no_password_is_guessed(secret):
    assert f"${{{secret}:?}}" in FILE.read_text()


def test_the_servers_flower_and_every_process_of_the_shop_are_there(compose):
    workers = {f"worker-{queue.name.replace('_', '-')}" for queue in CELERY_TASK_QUEUES}

    assert {"postgres", "redis", "rabbitmq", "flower", "web", "beat", *workers} <= set(compose["services"])
    for queue in CELERY_TASK_QUEUES:
        command = compose["services"][f"worker-{queue.name.replace('_', '-')}"]["command"]
        assert f"--queues={queue.name} " in command
    assert compose["services"]["beat"]["deploy"]["replicas"] == 2


def test_what_a_service_waits_for_is_there_and_says_when_it_is_ready(compose):
    services = compose["services"]
    for name, service in services.items():
        for other, how in dict(service.get("depends_on", {})).items():
            assert other in services, f"{name} waits for {other}"
            assert how["condition"] != "service_healthy" or "healthcheck" in services[other]


def test_everything_is_started_again_but_what_runs_once(compose):
    restarts = {name: service.get("restart") for name, service in compose["services"].items()}

    assert restarts.pop("migrate") == "no"
    assert set(restarts.values()) == {"unless-stopped"}


def test_whatever_is_mounted_and_copied_exists(compose):
    used = [
        mount.split(":")[0]
        for service in compose["services"].values()
        for mount in service.get("volumes", [])
    ]
    assert {name for name in used if not name.startswith("./")} == set(compose["volumes"])
    for folder in (name for name in used if name.startswith("./")):
        assert (DEPLOY / folder).is_dir(), folder

    copies = [
        line.split()[1:-1]
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY")
    ]
    for source in (DEPLOY.parent / name for names in copies for name in names):
        assert source.exists(), source
