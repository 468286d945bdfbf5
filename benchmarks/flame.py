"""A flame graph as SVG from collapsed stacks: a box per call, as wide as its time, callers below callees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW = 1200, 16
#: Boxes narrower than this share of the whole are left out: nobody can read them, and the file stays small.
NARROWEST = 0.004


@dataclass(slots=True)
class Frame:
    """One call with all that was called from it."""

    name: str
    samples: int = 0
    inner: dict[str, Frame] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        return 1 + max((frame.depth for frame in self.inner.values()), default=0)


def tree(stacks: Mapping[str, int]) -> Frame:
    """Return the calls of ``outer;inner;innermost`` with their samples, below one that stands for everything."""
    root = Frame("all")
    for stack, samples in stacks.items():
        frame = root
        frame.samples += samples
        for name in stack.split(";"):
            frame = frame.inner.setdefault(name, Frame(name))
            frame.samples += samples
    return root


def svg(root: Frame) -> str:
    """Return the drawing; hovering over a box shows its whole name and share."""
    _prune(root, root.samples * NARROWEST)
    height = (root.depth + 1) * ROW
    boxes = "\n".join(_boxes(root, 0.0, 0, height, root.samples))
    look = f'viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="10"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {look}>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{boxes}\n</svg>\n'
    )


def _prune(frame: Frame, least: float) -> None:
    frame.inner = {name: inner for name, inner in frame.inner.items() if inner.samples >= least}
    for inner in frame.inner.values():
        _prune(inner, least)


def _boxes(frame: Frame, x: float, level: int, height: int, whole: int) -> Iterator[str]:
    width = WIDTH * frame.samples / whole
    y = height - (level + 1) * ROW
    said = f"{frame.name}: {frame.samples / whole:.1%}"
    text = escape(frame.name[: int(width / 6.2)])
    yield (
        f'<g><title>{escape(said)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}"'
        f' fill="{_colour(frame.name)}"/><text x="{x + 2:.1f}" y="{y + 11}">{text}</text></g>'
    )
    for inner in sorted(frame.inner.values(), key=lambda inner: inner.name):
        yield from _boxes(inner, x, level + 1, height, whole)
        x += WIDTH * inner.samples / whole


def _colour(name: str) -> str:
    for word, colour in (
        ("hardy", "#8fd3a8"),
        ("celery", "#f4c27a"),
        ("billiard", "#e9a6a6"),
        ("psycopg", "#a8c5e8"),
    ):
        if f"({word}/" in name:
            return colour
    return "#dddddd"
