"""What tests pretend this node to be; see django_litefs.testing. Framework-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_litefs.node import Facts

facts: Facts | None = None  # nothing is pretended


def is_replica() -> bool:
    return facts is not None and not facts.writable
