"""axe-core, which looks at a page as WCAG does: it is no part of this project, and fetched by whoever wants the test.

npm pack axe-core@4 && tar xzf axe-core-*.tgz && export HARDY_AXE=$PWD/package/axe.min.js
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.visitor import Visitor

RUN = """
const done = arguments[0];
axe.run(document).then(found => done(found.violations.map(
    one => `${one.id}: ${one.help} (${one.nodes.map(node => node.target.join(" ")).join(", ")})`)));
"""


def axe() -> str:
    """The script; the test is skipped, or fails where nothing may be missing, without it."""
    path = os.environ.get("HARDY_AXE", "")
    if path and Path(path).is_file():
        return Path(path).read_text()
    why = "axe-core is not here: npm pack axe-core@4, unpack it, and set HARDY_AXE to its axe.min.js"
    pytest.skip(why)


def violations(visitor: Visitor, script: str) -> list[str]:
    """What axe finds wrong with the page that is shown."""
    visitor.browser.execute_script(script)
    return list(visitor.browser.execute_async_script(RUN))
