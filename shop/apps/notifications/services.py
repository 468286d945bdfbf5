"""Mail to customers. The tasks look `EmailService` up here, late, so that a test may put its own in place."""

from __future__ import annotations

from apps.notifications.work import EmailService

__all__ = ["EmailService"]
