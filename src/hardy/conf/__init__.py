"""Hardy's settings: ``from hardy.conf import settings``, then ``settings.DATABASE`` and so on."""

from __future__ import annotations

from hardy.conf.base import BaseSettings
from hardy.conf.keys import Settings

__all__ = ["BaseSettings", "Settings", "settings"]

settings = Settings()
