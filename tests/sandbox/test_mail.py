from __future__ import annotations

import smtplib
from datetime import datetime
from email.message import EmailMessage

import pytest

from tests.sandbox.process import Sandbox


def send(sandbox: Sandbox, to: str, subject: str = "Welcome", text: str = "Hello", html: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Shop <shop@example.com>", to, subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(message)


def messages(sandbox: Sandbox, query: str = "") -> list[dict[str, str]]:
    return sandbox.call("GET", f"/mail/messages{query}").body


def test_a_sent_mail_is_listed_with_its_recipient_subject_text_and_date(sandbox):
    send(sandbox, "new@example.com", "Grüße aus dem Laden", "Schön, dass du da bist.\n\nBis bald")

    (message,) = messages(sandbox)

    assert message["to"] == "new@example.com"
    assert message["from"] == "Shop <shop@example.com>"
    assert message["subject"] == "Grüße aus dem Laden"
    assert message["text"] == "Schön, dass du da bist.\n\nBis bald"
    assert datetime.fromisoformat(message["date"]).tzinfo is not None


def test_the_newest_mail_comes_first(sandbox):
    for subject in ("first", "second", "third"):
        send(sandbox, "new@example.com", subject)

    assert [message["subject"] for message in messages(sandbox)] == ["third", "second", "first"]
    assert [message["subject"] for message in messages(sandbox, "?limit=2")] == ["third", "second"]


def test_mail_is_filtered_by_the_whole_address_of_any_recipient_whatever_its_case(sandbox):
    send(sandbox, "ada@example.com, bob@example.com", "to both")
    send(sandbox, "bob@example.com.invalid", "to neither")

    assert [message["subject"] for message in messages(sandbox, "?to=BOB@example.com")] == ["to both"]
    assert messages(sandbox, "?to=bob") == []


def test_a_mail_that_is_sent_twice_is_listed_twice_under_one_message_id(sandbox):
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = (
        "shop@example.com",
        "new@example.com",
        "<7@example.com>",
    )
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(message)
        connection.send_message(message)

    assert [listed["message_id"] for listed in messages(sandbox)] == ["<7@example.com>", "<7@example.com>"]


def test_a_mail_with_html_keeps_both_forms(sandbox):
    send(sandbox, "new@example.com", text="plain", html="<p>rich</p>")

    (message,) = messages(sandbox)

    assert (message["text"], message["html"]) == ("plain", "<p>rich</p>")


def test_a_mail_in_an_unknown_character_set_is_kept_as_well_as_it_can_be_read(sandbox):
    content = b"Subject: Odd\r\nContent-Type: text/plain; charset=klingon\r\n\r\nHello\r\n"
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.sendmail("shop@example.com", "new@example.com", content)

    (message,) = messages(sandbox)

    assert (message["subject"], message["text"]) == ("Odd", "Hello")


def test_an_attachment_is_named_with_its_size(sandbox):
    message = EmailMessage()
    message["From"], message["To"] = "shop@example.com", "new@example.com"
    message.set_content("Your report.")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="report.pdf")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(message)

    (listed,) = messages(sandbox)

    assert listed["attachments"] == [{"name": "report.pdf", "type": "application/pdf", "bytes": 8}]


def test_one_mail_can_be_asked_for_and_an_unknown_one_is_not_found(sandbox):
    send(sandbox, "new@example.com")
    (message,) = messages(sandbox)

    assert sandbox.call("GET", f"/mail/messages/{message['id']}").body == message
    assert sandbox.call("GET", "/mail/messages/000000000000").status == 404


def test_deleting_the_messages_empties_the_mailbox(sandbox):
    send(sandbox, "new@example.com")

    answer = sandbox.call("DELETE", "/mail/messages")

    assert answer.body == {"deleted": 1}
    assert messages(sandbox) == []


def test_a_refused_mail_is_not_in_the_mailbox(sandbox):
    sandbox.break_vendors(smtp={"status": 451, "times": 1})

    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(sandbox, "new@example.com", "refused")
    send(sandbox, "new@example.com", "taken")

    assert refused.value.smtp_code == 451
    assert [message["subject"] for message in messages(sandbox)] == ["taken"]


@pytest.mark.parametrize(("after", "kept"), [(False, 0), (True, 1)])
def test_a_dropped_connection_loses_the_mail_only_when_it_drops_before_taking_it(sandbox, after, kept):
    sandbox.break_vendors(smtp={"reset": True, "after": after, "times": 1})

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(sandbox, "new@example.com")

    assert len(messages(sandbox)) == kept


def test_a_filter_that_is_not_known_is_refused_with_those_that_are(sandbox):
    answer = sandbox.call("GET", "/mail/messages?too=new@example.com")

    assert answer.status == 400
    assert "to, subject, limit" in answer.body["detail"]
