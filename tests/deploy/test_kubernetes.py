"""The Kubernetes manifests: built by kustomize, each process with its probes, and rolled out in the right order."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.queues import CELERY_TASK_QUEUES
from hardy.telemetry.probe import QUESTIONS
from tests.deploy.environment import example
from tests.services import are_required

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def deployments() -> list[dict[str, Any]]:
    files = ("worker.yaml", "beat.yaml", "web.yaml")
    return [one for file in files for one in documents(file) if one["kind"] == "Deployment"]


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    [only] = deployment["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.skipif(shutil.which("kubectl") is None and not are_required(), reason="kubectl is not here")
def test_kustomize_builds_all_of_it():
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    assert {one["metadata"]["namespace"] for one in built} == {"shop"}
    # What roll-out puts the image in the place of, and what it applies part by part.
    assert re.findall(r"image: (.+)", done.stdout) and set(re.findall(r"image: (.+)", done.stdout)) == {
        "hardy-shop:latest"
    }
    assert {one["metadata"]["labels"]["hardy.dev/part"] for one in built} == {
        "migrate",
        "worker",
        "beat",
        "web",
    }


def test_there_is_a_worker_for_every_queue():
    commands = [" ".join(container(one)["command"]) for one in deployments()]

    for queue in CELERY_TASK_QUEUES:
        assert any(f"--queues={queue.name} " in f"{command} " for command in commands), queue.name


@pytest.mark.parametrize("deployment", deployments(), ids=lambda one: one["metadata"]["name"])
class TestAProcess:
    def test_has_all_three_probes_and_time_to_end(self, deployment):
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container(deployment).keys()
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 30

    def test_is_asked_what_there_is_to_ask_where_it_answers(self, deployment):
        own = container(deployment)
        environment = {variable["name"]: variable["value"] for variable in own.get("env", [])}
        for probe in (own["startupProbe"], own["livenessProbe"], own["readinessProbe"]):
            if "exec" in probe:
                program, question, file = probe["exec"]["command"]
                assert program == "hardy-probe" and question[2:] in QUESTIONS
                assert file == environment["HEALTH_FILE"]
            elif probe.get("httpGet", {}).get("port") == "metrics":
                assert probe["httpGet"]["path"][1:] in QUESTIONS
                assert own["ports"][0]["containerPort"] == int(environment["HEALTH_PORT"])

    def test_is_selected_by_the_labels_of_its_pods_and_starts_after_the_migrations(self, deployment):
        spec = deployment["spec"]
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        assert spec["template"]["spec"]["initContainers"][0]["command"][-1] == "--check"

    def test_hears_sigterm_itself(self, deployment):
        assert container(deployment)["command"][0] in ("celery", "gunicorn")

    def test_reads_variables_that_the_shop_knows(self, deployment):
        assert {variable["name"] for variable in container(deployment).get("env", [])} <= example().keys()


def test_the_roll_out_is_in_the_right_order_and_a_shell_reads_it():
    script = FOLDER / "roll-out"
    text = script.read_text()

    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & 0o100
    assert text.index("part migrate") < text.index("for part in worker beat web")


def test_keda_reads_a_figure_that_is_answered():
    scaled, _ = documents("keda.yaml")
    [trigger] = scaled["spec"]["triggers"]

    assert "/hardy/scaling?queue=default" in trigger["metadata"]["url"]
    assert trigger["metadata"]["valueLocation"] == "wait_seconds"
    assert scaled["spec"]["scaleTargetRef"]["name"] in {one["metadata"]["name"] for one in deployments()}
