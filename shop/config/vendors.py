"""Where the vendors are: in the sandbox, or wherever production says."""

from __future__ import annotations

ENVIRONMENT = {
    "crm": "CRM_URL",
    "gateway": "GATEWAY_URL",
    "supplier": "SUPPLIER_URL",
    "carrier": "CARRIER_URL",
}


def in_sandbox(sandbox_url: str) -> dict[str, str]:
    return {vendor: f"{sandbox_url}/{vendor}" for vendor in ENVIRONMENT}
