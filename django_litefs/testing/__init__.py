"""Finds a site's hidden writers without a cluster: tests that behave as on a replica, in memory too."""

from __future__ import annotations

from django_litefs.testing.reads import Offender, ReplicaReads
from django_litefs.testing.replica import replica

__all__ = ["Offender", "ReplicaReads", "replica"]
