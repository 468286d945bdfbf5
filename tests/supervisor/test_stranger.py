"""`hardy up` in a project that knows nothing of the shop, with nothing but its defaults."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.waiting import until


def send_task(project: Path, result: Path) -> None:
    code = f"from pages.celery import write_file; write_file.delay({str(result)!r}, 'done')"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pages.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code], cwd=project, env=environment, check=True
    )


def read(address: str) -> bytes:
    with urlopen(address) as answer:
        return answer.read()


def test_a_page_is_served_and_a_task_runs(up, project, free_port):
    port = free_port()
    running = up("--port", str(port), "--concurrency", "1", UP_PREPARE=["migrate --verbosity 0"])
    running.wait_for("Ready in")
    running.wait_for("celery@")
    running.wait_for("beat: Starting...")

    assert read(f"http://127.0.0.1:{port}/") == b"hello"
    send_task(project, project / "result.txt")
    until((project / "result.txt").exists, otherwise=lambda: running.text)

    running.signal(signal.SIGINT)
    assert running.exit_code() == 0


def test_a_changed_page_is_served_after_the_reload(up, project, free_port):
    port = free_port()
    running = up("--port", str(port), "--only", "web")
    running.wait_for("Ready in")

    (project / "pages" / "words.py").write_text('GREETING = "good evening"\n')

    running.wait_for("Starting development server", times=2)
    until(lambda: read(f"http://127.0.0.1:{port}/") == b"good evening", otherwise=lambda: running.text)
