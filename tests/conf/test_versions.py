"""An old Celery is refused in words, before anything that it lacks is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hardy.conf.versions import UnsupportedCelery, require_celery


def test_an_old_celery_is_named_with_the_command_that_mends_it():
    with pytest.raises(
        UnsupportedCelery, match=r"needs Celery 5\.4 or newer, and 5\.3\.6 .*pip install 'celery>=5\.4'"
    ):
        require_celery((5, 3, 6, ""), "5.3.6")


@pytest.mark.parametrize("version", [(5, 4, 0, ""), (5, 7, 0, "rc1"), (6, 0, 0, "")])
def test_others_are_welcome(version):
    require_celery(version, "any")


def test_importing_hardy_beside_an_old_celery_ends_with_that_sentence():
    old = "import celery; celery.VERSION = (5, 3, 6, ''); celery.__version__ = '5.3.6'; import hardy"

    done = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=False)

    assert done.stderr.splitlines()[-1].startswith(
        "hardy.conf.versions.UnsupportedCelery: hardy needs Celery 5.4"
    )
