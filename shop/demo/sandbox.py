"""The vendors' own books, and how the vendors are made to fail."""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT_SECONDS = 30


class Sandbox:
    """The vendor sandbox over HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS)
        self._broken: set[str] = set()
        self._struck_before = 0

    def answers(self) -> bool:
        try:
            return self._client.get("/health").is_success
        except httpx.TransportError:
            return False

    def listed(self, path: str, **query: str) -> list[dict[str, Any]]:
        """What a vendor has in its books, newest first."""
        response = self._client.get(path, params=query).raise_for_status()
        documents: list[dict[str, Any]] = response.json()
        return documents

    def break_vendors(self, faults: dict[str, Any]) -> None:
        """As `PUT /faults`: it replaces what was set for these vendors, also by somebody else."""
        self._struck_before += self._struck(self._broken & set(faults))
        self._client.put("/faults", json=faults).raise_for_status()
        self._broken |= set(faults)

    @property
    def struck(self) -> int:
        """How many calls failed because of what was broken here."""
        return self._struck_before + self._struck(self._broken)

    def mend(self) -> None:
        """Take back what was broken here; faults of other vendors stay."""
        self._struck_before = self.struck
        while self._broken:
            self._client.delete(f"/faults/{self._broken.pop()}").raise_for_status()

    def _struck(self, vendors: set[str]) -> int:
        faults: dict[str, list[dict[str, Any]]] = self._client.get("/faults").raise_for_status().json()
        return sum(fault["struck"] for vendor in vendors for fault in faults.get(vendor, []))

    def close(self) -> None:
        self._client.close()
