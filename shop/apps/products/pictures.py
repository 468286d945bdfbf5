"""Pictures of the products, drawn by us.

Each drawing is a template without a background. The background follows from the drawing's name alone, so a
picture looks the same for ever, and no database is asked for it.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from django.template.loader import select_template


class Backdrop(NamedTuple):
    """The two tones behind a drawing."""

    light: str
    deep: str


BACKDROPS = [
    Backdrop("#f6ead2", "#e9d3a6"),
    Backdrop("#dcebe4", "#b6d3c7"),
    Backdrop("#f7dfd2", "#eebfa6"),
    Backdrop("#dfe6ee", "#bccbdb"),
    Backdrop("#ece3ee", "#cfbfd6"),
    Backdrop("#e9ecd3", "#cdd4a4"),
]


def draw(name: str) -> str:
    """The SVG of the drawing with this name; a parcel when there is none."""
    template = select_template([f"products/drawings/{name}.svg", "products/drawings/parcel.svg"])
    return template.render({"backdrop": backdrop(name)})


def backdrop(name: str) -> Backdrop:
    return BACKDROPS[crc32(name.encode()) % len(BACKDROPS)]
