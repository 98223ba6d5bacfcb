from __future__ import annotations

from django.db import models


class Row(models.Model):
    text = models.CharField(max_length=100)

    objects: models.Manager[Row] = models.Manager()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.text
