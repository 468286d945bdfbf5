"""Writing a plan, and taking it back: what was changed is kept beside manage.py, piece by piece."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from hardy.management.init.plan import Change, Plan
from hardy.management.init.source import CannotInit, read

NAME = ".hardy-init.json"
#: Lines around a piece by which it is found again, as many of them as have stayed.
CONTEXT = 3

NOTHING = f"There is nothing to take back: no {NAME} lies here."
CHANGED = "{name} has been changed where hardy init had changed it. Take it back by hand; it was:\n{before}"
NEW_CHANGED = (
    "{name} was made by hardy init and has been changed since. Delete it by hand if nobody needs it."
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that was put in the place of other text, and what stood before and after it."""

    before: str
    after: str
    above: list[str]
    below: list[str]


def write(root: Path, plan: Plan) -> None:
    """Write every file of the plan, or none, and keep a record for :func:`undo`."""
    steps = [*_recorded(root), *(_step(change) for change in plan.changes)]
    _write_all(
        {root / NAME: json.dumps({"steps": steps}, indent=1), **{c.path: c.after for c in plan.changes}}
    )


def undo(root: Path) -> list[Change]:
    """Take back everything that was written, or nothing, and return the changes that this made."""
    steps = _recorded(root)
    if not steps:
        raise CannotInit(NOTHING)
    now: dict[Path, str | None] = {}
    problems = []
    for step in reversed(steps):
        path = root / str(step["name"])
        text = now[path] if path in now else (read(path) if path.exists() else "")
        try:
            now[path] = _without(step, text or "")
        except CannotInit as problem:
            problems.append(str(problem))
    if problems:
        raise CannotInit("\n".join(problems))
    changes = [
        Change(path, path.relative_to(root).as_posix(), read(path), text) for path, text in now.items()
    ]
    _write_all({**now, root / NAME: None})
    return changes


def _step(change: Change) -> dict[str, object]:
    if change.before is None:
        return {"name": change.name, "made": change.after}
    return {
        "name": change.name,
        "pieces": [asdict(piece) for piece in _pieces(change.before, change.after or "")],
    }


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for kind, old_start, old_end, start, end in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if kind != "equal":
            above, below = new[max(0, start - CONTEXT) : start], new[end : end + CONTEXT]
            yield Piece("".join(old[old_start:old_end]), "".join(new[start:end]), above, below)


def _without(step: dict[str, object], text: str) -> str | None:
    if "made" in step:
        if text != step["made"]:
            raise CannotInit(NEW_CHANGED.format(name=step["name"]))
        return None
    for said in reversed(step["pieces"]):  # type: ignore[call-overload]
        text = _take_back(Piece(**said), text, str(step["name"]))
    return text


def _take_back(piece: Piece, text: str, name: str) -> str:
    """Put back what was there, at the one place that looks as it was left."""
    for kept in range(CONTEXT, -1, -1):
        above, below = (
            "".join(piece.above[len(piece.above) - kept :] if kept else []),
            "".join(piece.below[:kept]),
        )
        if (piece.after or kept) and text.count(above + piece.after + below) == 1:
            return text.replace(above + piece.after + below, above + piece.before + below)
    raise CannotInit(CHANGED.format(name=name, before=piece.before))


def _recorded(root: Path) -> list[dict[str, object]]:
    path = root / NAME
    if not path.exists():
        return []
    try:
        steps: list[dict[str, object]] = json.loads(path.read_text())["steps"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise CannotInit(
            f"{NAME} cannot be read ({error}). Take the changes back by hand, and delete it."
        ) from error
    return steps


def _write_all(texts: dict[Path, str | None]) -> None:
    """Write or delete files; if one cannot be written, put back those before it."""
    done: dict[Path, bytes | None] = {}
    try:
        for path, text in texts.items():
            done[path] = path.read_bytes() if path.exists() else None
            _put(path, None if text is None else text.encode())
    except OSError as error:
        for path, content in done.items():
            _put(path, content)
        raise CannotInit(f"Nothing was changed: {error}") from error


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
