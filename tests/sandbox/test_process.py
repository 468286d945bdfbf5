from __future__ import annotations

import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
from email.message import EmailMessage

import pytest

from tests.sandbox.process import SHOP, Sandbox, sandbox_process

CHARGE = {"order": 7, "amount": "12.50", "currency": "EUR", "card": "4242424242424242"}
LISTS = ("/mail/messages", "/crm/contacts", "/gateway/charges", "/carrier/shipments")


def send_one_of_each(sandbox: Sandbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "new@example.com", "Welcome"
    message.set_content("Hello")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(message)
    sandbox.call("PUT", "/crm/contacts/7", {"name": "Ada"})
    sandbox.call("POST", "/gateway/charges", CHARGE, Idempotency_Key="task-1")
    sandbox.call("POST", "/carrier/shipments", {"order": 7}, Idempotency_Key="task-1")


def start(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *options], cwd=SHOP, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_a_restart_loses_nothing_that_was_answered(tmp_path, end):
    with sandbox_process(tmp_path) as sandbox:
        send_one_of_each(sandbox)
        before = [sandbox.call("GET", address).body for address in LISTS]
        sandbox.process.send_signal(end)
        sandbox.process.wait(30)
        http_port, smtp_port = sandbox.http_port, sandbox.smtp_port

    with sandbox_process(tmp_path, port=http_port, smtp_port=smtp_port) as restarted:
        assert [restarted.call("GET", address).body for address in LISTS] == before
        again = restarted.call("POST", "/gateway/charges", CHARGE, Idempotency_Key="task-1")

    assert all(len(documents) == 1 for documents in before)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_calls_are_said_if_one_asks_for_it():
    with sandbox_process() as quiet, sandbox_process(None, "--verbose") as verbose:
        for sandbox in (quiet, verbose):
            send_one_of_each(sandbox)

        assert "gateway: POST /gateway/charges → 201\n" in verbose.said
        assert quiet.said.count("\n") == 1


def test_without_a_folder_nothing_outlives_the_process():
    with sandbox_process() as sandbox:
        send_one_of_each(sandbox)

    with sandbox_process() as another:
        assert [another.call("GET", address).body for address in LISTS] == [[], [], [], []]


def test_the_folder_is_made_and_holds_one_sqlite_file(tmp_path):
    with sandbox_process(tmp_path / "new" / "folder") as sandbox:
        send_one_of_each(sandbox)

    connection = sqlite3.connect(tmp_path / "new" / "folder" / "sandbox.sqlite3")
    assert connection.execute("SELECT count(*) FROM documents").fetchone() == (4,)
    connection.close()


@pytest.mark.parametrize(
    ("taken", "option", "variable"), [("web", "--port", "SANDBOX_PORT"), ("smtp", "--smtp-port", "SMTP_PORT")]
)
def test_a_port_in_use_gives_one_line_that_names_the_way_out_and_exit_code_1(taken, option, variable):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ports = {"web": ["--port", port, "--smtp-port", "0"], "smtp": ["--port", "0", "--smtp-port", port]}

        ended = start(*ports[taken])

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"sandbox: port {port} on 127.0.0.1 is in use; choose another with {option} or {variable}.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_stops_it_cleanly_while_callers_hang_on_every_kind_of_connection(number):
    with sandbox_process() as sandbox:
        sandbox.break_vendors(crm={"timeout": True}, supplier={"delay": 3600}, smtp={"timeout": True})
        idle = socket.create_connection(("127.0.0.1", sandbox.http_port))
        greeted = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=30)
        sending = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=30)
        sending.docmd("HELO test")
        sending.mail("shop@example.com")
        sending.rcpt("new@example.com")
        sending.docmd("DATA")
        sending.send(b"Hello\r\n.\r\n")
        silent = socket.create_connection(("127.0.0.1", sandbox.http_port))
        silent.sendall(b"PUT /crm/contacts/7 HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 2\r\n\r\n{}")
        slow = socket.create_connection(("127.0.0.1", sandbox.http_port))
        slow.sendall(b"GET /supplier/inventory HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        half = socket.create_connection(("127.0.0.1", sandbox.http_port))
        half.sendall(b"PUT /crm/contacts/7 HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 99\r\n\r\n{")
        assert sandbox.call("GET", "/health").status == 200

        sandbox.process.send_signal(number)

        assert sandbox.process.wait(10) == 0
        for connection in (idle, silent, slow, half, greeted, sending):
            connection.close()
