"""What `hardy up` starts: web, worker and beat, and what ``HARDY["UP"]`` adds or changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from hardy.conf.suggest import closest
from hardy.errors import BadSetting
from hardy.supervisor import project

DEFAULT_PORT = 8000


@dataclass(frozen=True, kw_only=True)
class Process:
    """One thing to keep running.

    `ports` maps what one would change (``"--port"``, ``"SMTP_PORT"``) to the port the process listens on.
    `addresses` maps a title to what is printed once everything is up; ``{port}`` in it is the first port.
    `ready` is what the process writes when it is up, where no port tells.
    `reload` says whether a changed file restarts the process.
    """

    name: str
    command: list[str] | Callable[[], list[str]]
    ports: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    ready: str = ""
    reload: bool = True

    def argv(self) -> list[str]:
        command = self.command() if callable(self.command) else self.command
        port = next(iter(self.ports.values()), "")
        return [part.replace("{port}", str(port)) for part in command]

    def printed_addresses(self) -> dict[str, str]:
        port = next(iter(self.ports.values()), "")
        return {title: address.replace("{port}", str(port)) for title, address in self.addresses.items()}


def planned(
    configured: Mapping[str, Any], *, celery_app: str, concurrency: int | None = None
) -> list[Process]:
    """The built-in processes with the project's changes, then its own in the order they are written."""
    built_in = {process.name: process for process in built_in_processes(celery_app, concurrency)}
    for name, entry in configured.items():
        if entry is None:
            built_in.pop(name, None)
        else:
            built_in[name] = changed(built_in.get(name), name, entry)
    return list(built_in.values())


def built_in_processes(celery_app: str, concurrency: int | None) -> list[Process]:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", celery_app]  # quiet: without the banner
    pool = [f"--concurrency={concurrency}"] if concurrency else []
    return [
        Process(
            name="web",
            command=[*project.manage_command(), "runserver", "127.0.0.1:{port}", "--noreload"],
            ports={"--port": DEFAULT_PORT},
            addresses={"Web": "http://127.0.0.1:{port}/"},
        ),
        Process(name="worker", command=[*celery, "worker", "--loglevel=info", *pool], ready=" ready."),
        Process(name="beat", command=[*celery, "beat", "--loglevel=info"], ready="beat: Starting..."),
    ]


def changed(process: Process | None, name: str, entry: Any) -> Process:
    """`process` with the project's entry applied; without a process, the entry is a new one."""
    given = dict(entry) if isinstance(entry, Mapping) else {"command": entry}
    known = {one.name for one in fields(Process)} - {"name"}
    for key in given.keys() - known:
        hint = closest(key, known)
        raise BadSetting(
            f'HARDY["UP"]["{name}"]: unknown key {key!r}.'
            + (f" Did you mean {hint!r}?" if hint else f" Known: {', '.join(sorted(known))}.")
        )
    if process is None and "command" not in given:
        raise BadSetting(
            f'HARDY["UP"]["{name}"] has no "command": give a list such as ["python", "-m", "mailbox"].'
        )
    check_command(name, given.get("command", []))
    if "command" in given:
        given.setdefault("ready", "")  # another command says other things
    return replace(process, **given) if process else Process(name=name, **given)


def check_command(name: str, command: Any) -> None:
    if callable(command):
        return
    if not isinstance(command, list | tuple) or not all(isinstance(part, str) for part in command):
        raise BadSetting(f'HARDY["UP"]["{name}"]: the command is a list of strings, not {command!r}.')


def chosen(processes: list[Process], only: Iterable[str] = (), without: Iterable[str] = ()) -> list[Process]:
    """Those that ``--only`` and ``--except`` leave; a name that is none of them is refused."""
    names = [process.name for process in processes]
    for name in [*only, *without]:
        if name not in names:
            hint = closest(name, names)
            raise BadSetting(
                f"No process is called {name!r}."
                + (f" Did you mean {hint!r}?" if hint else f" There are: {', '.join(names)}.")
            )
    wanted = set(only or names) - set(without)
    return [process for process in processes if process.name in wanted]


def listening_on(processes: list[Process], port: int | None) -> list[Process]:
    """The processes with the web server's port set by ``--port``."""
    if port is None:
        return processes
    return [replace(one, ports={"--port": port}) if one.name == "web" else one for one in processes]
