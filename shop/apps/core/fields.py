"""Serializer fields that take what the schema says, and nothing that can be read as it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

LARGEST_KEY = 2**63 - 1


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction: not `"7"`, not `7.0`, not `true`."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)
