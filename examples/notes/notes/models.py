from __future__ import annotations

from django.db import models
from django.urls import reverse


class Note(models.Model):
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    # A client's name for one attempt to write. Not unique on purpose: a write that ran twice must show.
    token = models.CharField(max_length=64, blank=True, db_index=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("note-detail", args=[self.pk])


class Attachment(models.Model):
    """Facts about an upload. LiteFS replicates databases, not files: contents belong in an object store."""

    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    name = models.CharField(max_length=50, unique=True)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"
