"""People in bulk: imported from a file, and forgotten when their session has ended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.users.models import User

COLUMNS = ("email", "full_name")
MOST_ROWS = 5000


class UnreadableFile(Exception):
    """The file can't be read as a table of people; the message says what is expected."""


@dataclass(frozen=True)
class RowError:
    """Why the row in this line of the file was not imported."""

    line: int
    email: str
    error: str


def people_in(content: bytes) -> list[tuple[int, User]]:
    """The people of a CSV file, not yet checked, each with the number of its line."""
    if b"\0" in content:
        raise UnreadableFile("The file is not a text file. Save it as CSV (UTF-8).")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if "email" not in (reader.fieldnames or ()):
            raise UnreadableFile(f"The first line must name the columns: {','.join(COLUMNS)}.")
        people = [(reader.line_num, person(row)) for row in reader]
    except UnicodeDecodeError as error:
        raise UnreadableFile("The file is not text in UTF-8. Save it as CSV (UTF-8).") from error
    except csv.Error as error:
        raise UnreadableFile(f"The file is not a CSV table: {error}.") from error
    if len(people) > MOST_ROWS:
        raise UnreadableFile(f"The file has {len(people)} rows; import at most {MOST_ROWS} at once.")
    return people


def person(row: dict[str, str | None]) -> User:
    return User(email=(row["email"] or "").strip().lower(), full_name=(row.get("full_name") or "").strip())


def errors_of(people: Iterable[tuple[int, User]]) -> Iterator[RowError]:
    """What is wrong, row by row: the address, the name, or an address that is taken or stands there twice."""
    known = set(User.objects.values_list("email", flat=True))
    for line, user in people:
        if wrong := error_of(user, known):
            yield RowError(line, user.email, wrong)
        known.add(user.email)


def error_of(user: User, known: set[str]) -> str:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        return " ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
    return "This address is registered, or stands in the file twice." if user.email in known else ""


def create(people: Iterable[User]) -> list[User]:
    """They have no password yet; `Forgotten your password?` gives them one."""
    users = list(people)
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users)
    # Not every database tells the new keys, so they are looked up.
    return list(User.objects.filter(email__in=[user.email for user in users]))


def delete_expired_sessions() -> int:
    deleted, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return deleted
