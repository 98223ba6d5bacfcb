"""A check for django-health-check (4 and newer).

HealthCheckView.as_view(checks=["django_litefs.contrib.health_check.LiteFS"]).
"""

from __future__ import annotations

import dataclasses

from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from django_litefs import health


@dataclasses.dataclass
class LiteFS(HealthCheck):  # type: ignore[misc]  # untyped
    """Unavailable: nothing may be sent to this node. A warning: its reads may be old, or no primary is known."""

    def run(self) -> None:
        """Not async: the package runs it in a thread then."""
        found = health.verdict()
        if not found.ready:
            raise ServiceUnavailable(", ".join(found.reasons))
        if not found.healthy:
            raise ServiceWarning(", ".join(found.reasons))

    def pretty_status(self) -> str:
        return health.verdict().role
