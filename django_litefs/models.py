"""No table: a name for the admin's page of the cluster, and for the permissions to see and to change it."""

from __future__ import annotations

from django.db import models


class Cluster(models.Model):
    """See django_litefs/admin.py."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        permissions = (("promote", "Can hand the primary role to a node"),)
        verbose_name = "cluster"
        verbose_name_plural = "cluster"

    def __str__(self) -> str:
        return "cluster"
