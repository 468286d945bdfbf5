"""The CRM's face. The task looks `CRMClient` up here, late, so that a test may put its own in place."""

from __future__ import annotations

from apps.crm.work import CRMClient

__all__ = ["CRMClient"]
