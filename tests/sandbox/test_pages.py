from __future__ import annotations

import re
import smtplib
import urllib.request
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from tests.sandbox.process import Sandbox

PAGES = ("/", "/mail/", "/crm/", "/gateway/", "/supplier/", "/carrier/", "/sentry/")
CHARGE = {"order": 7, "amount": "12.50", "currency": "EUR", "card": "4242424242424242"}
SCRIPT = "<script>alert(1)</script>"


class Addresses(HTMLParser):
    """Every address a page refers to, and whether it holds scripts or styles of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.found += [value for name in ("href", "src", "action") if (value := named.get(name))]
        is_inline = tag == "style" or (tag == "script" and "src" not in named)
        self.inline += [tag] if is_inline else []
        self.inline += [name for name in named if name == "style" or name.startswith("on")]


def send(sandbox: Sandbox, subject: str, text: str = "", html: str = "") -> str:
    """Mail it to new@example.com and return the message's id."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "new@example.com", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(message)
    return str(sandbox.mail_to("new@example.com")[0]["id"])


def send_one_of_each(sandbox: Sandbox) -> None:
    send(sandbox, "Welcome", "Hello")
    sandbox.call("PUT", "/crm/contacts/7", {"name": "Ada", "email": "ada@example.com"})
    sandbox.call("POST", "/gateway/charges", CHARGE, Idempotency_Key="task-1")
    sandbox.call("POST", "/gateway/charges", {**CHARGE, "card": "4000000000000002"}, Idempotency_Key="task-2")
    sandbox.call("POST", "/carrier/shipments", {"order": 7}, Idempotency_Key="task-1")
    contexts = b'{"celery": {"task_id": 1}}'
    event = b'{"event_id": "e1"}\n{"type": "event"}\n{"message": "broken", "contexts": %b}' % contexts
    request = urllib.request.Request(f"{sandbox.http_url}/sentry/api/1/envelope/", event, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def page(sandbox: Sandbox, address: str) -> str:
    answer = sandbox.call("GET", address)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return str(answer.body)


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_page_says_what_will_fill_it(sandbox, address):
    empty = page(sandbox, address)

    assert address == "/supplier/" or 'class="empty"' in empty


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/mail/", ["new@example.com", "Welcome", "Hello"]),
        ("/crm/", ["Ada", "ada@example.com"]),
        ("/gateway/", ["12.50", "EUR", "•••• 4242", "task-1", "•••• 0002"]),
        ("/supplier/", ["HARDY-001", "HARDY-024"]),
        ("/carrier/", ["HD-", "task-1"]),
        ("/sentry/", ["broken", "celery", "task_id"]),
    ],
)
def test_a_vendors_page_shows_what_it_was_sent(sandbox, address, shown):
    send_one_of_each(sandbox)

    full = page(sandbox, address)

    assert [words for words in shown if words not in full] == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_works_offline_and_under_its_own_security_policy(sandbox, address):
    send_one_of_each(sandbox)

    addresses = Addresses(page(sandbox, address))

    assert addresses.inline == []
    assert [other for other in addresses.found if not other.startswith(("/", "#"))] == []
    policy = sandbox.call("GET", address).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_address_on_every_page_leads_somewhere(sandbox):
    send_one_of_each(sandbox)
    addresses = {other for address in PAGES for other in Addresses(page(sandbox, address)).found}

    answers = {address: sandbox.call("GET", address).status for address in addresses if address[0] == "/"}

    assert {address for address, status in answers.items() if status != 200} == set()


def test_the_counters_tell_what_arrived_and_what_fails(sandbox):
    before = sandbox.call("GET", "/counters").body
    send_one_of_each(sandbox)
    sandbox.break_vendors(crm={"status": 429, "times": 3})

    counters = sandbox.call("GET", "/counters").body

    figures = ("mail", "contacts", "charges", "charged", "declines", "shipments", "events")
    assert {name: before[name] for name in figures} == dict.fromkeys(figures, 0) | {"charged": "0.00"}
    assert {name: counters[name] for name in figures} == dict.fromkeys(figures, 1) | {"charged": "12.50"}
    assert counters["calls"]["gateway"] - before["calls"]["gateway"] == 2
    assert [(fault["vendor"], fault["left"]) for fault in counters["faults"]] == [("crm", 3)]
    assert [call["vendor"] for call in counters["latest"][:2]] == ["sentry", "carrier"]


def test_the_index_shows_the_counters_without_scripts(sandbox):
    send_one_of_each(sandbox)

    shown = dict(re.findall(r'data-counter="(\w+)">([^<]*)<', page(sandbox, "/")))

    assert shown == {
        **dict.fromkeys(["mail", "contacts", "charges", "shipments", "events"], "1"),
        "items": "24",
    }


def test_a_mails_page_shows_its_text_and_links_its_addresses(sandbox):
    key = send(sandbox, "Welcome", "Confirm at http://shop.example.com/confirm/ now")

    letter = page(sandbox, f"/mail/{key}/")

    assert "Welcome" in letter
    assert 'href="http://shop.example.com/confirm/"' in letter


def test_a_mails_html_stands_in_a_frame_that_runs_no_scripts(sandbox):
    key = send(sandbox, "Welcome", "plain", f"<p>rich</p>{SCRIPT}")

    letter = page(sandbox, f"/mail/{key}/")
    body = sandbox.call("GET", f"/mail/{key}/body")

    assert f'src="/mail/{key}/body" sandbox="' in letter
    assert "<p>rich</p>" in body.body
    policy = body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "script" not in policy


def test_what_a_shop_sends_is_never_taken_for_html(sandbox):
    key = send(sandbox, SCRIPT, SCRIPT)
    sandbox.call("PUT", "/crm/contacts/7", {"name": SCRIPT, "email": SCRIPT})
    sandbox.call("POST", "/carrier/shipments", {"order": SCRIPT}, Idempotency_Key=SCRIPT)

    for address in (*PAGES, f"/mail/{key}/"):
        assert SCRIPT not in page(sandbox, address)


def test_text_that_is_no_unicode_does_not_break_a_page(sandbox):
    sandbox.call("PUT", "/crm/contacts/7", {"name": "half a pair: \ud83d"})

    assert "half a pair: ?" in page(sandbox, "/crm/")


def test_the_mailbox_can_be_narrowed_to_one_address(sandbox):
    send(sandbox, "Welcome")

    assert "Welcome" in page(sandbox, "/mail/?to=new@example.com")
    assert "No mail to <b>other@example.com</b>" in page(sandbox, "/mail/?to=other@example.com")


def test_a_slash_forgotten_is_added(sandbox):
    assert page(sandbox, "/mail") == page(sandbox, "/mail/")


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/nowhere", 404), ("POST", "/crm/contacts", 405)]
)
def test_what_does_not_exist_is_refused_as_json(sandbox, method, address, status):
    answer = sandbox.call(method, address)

    assert answer.status == status
    assert set(answer.body) == {"error", "detail"}


def test_health_answers_200(sandbox):
    assert sandbox.call("GET", "/health").body == {"status": "ok"}
