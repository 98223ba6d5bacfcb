"""The wrapper's mixin over and under others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.sqlite3 import base as sqlite3_base
from django.db.backends.sqlite3.features import DatabaseFeatures

from django_litefs import consistency
from django_litefs.db.backends.litefs.base import DatabaseWrapper, LitefsWrapperMixin
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
counted: list[str] = []


class CountingMixin:
    """Makes its cursors as django-prometheus does."""

    connection: Any
    CURSOR_CLASS: Any

    def create_cursor(self, name: str | None = None) -> Any:
        class Counting(self.CURSOR_CLASS):  # type: ignore[misc,name-defined]
            def execute(self, *args: Any) -> Any:
                counted.append(args[0])
                return super().execute(*args)

        return self.connection.cursor(factory=Counting)


class CountingBackend(CountingMixin, sqlite3_base.DatabaseWrapper):
    CURSOR_CLASS: Any = sqlite3_base.SQLiteCursorWrapper


class Over(LitefsWrapperMixin, CountingBackend):
    """Ours over theirs."""


class Under(CountingMixin, DatabaseWrapper):
    """Theirs over ours."""


class FixedBackend(sqlite3_base.DatabaseWrapper):
    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=sqlite3_base.SQLiteCursorWrapper)


class OverFixed(LitefsWrapperMixin, FixedBackend):
    """Over one whose cursors would pass by our rules."""


class GeoFeatures(DatabaseFeatures):
    knows_geometry = True


class GeoBackend(sqlite3_base.DatabaseWrapper):
    features_class = GeoFeatures


class OverGeo(LitefsWrapperMixin, GeoBackend):  # type: ignore[misc]
    """As over spatialite."""


@pytest.fixture
def make(wrapper: Any) -> Callable[[type], Any]:
    """Another backend's connection to the database with the table t."""
    assert wrapper.connection is not None
    return lambda kind: kind({**connections.settings["default"], "NAME": "default", "OPTIONS": {}}, "stacked")


@pytest.mark.parametrize("kind", [Over, Under])
def test_both_see_each_statement(make: Callable[[type], Any], kind: type) -> None:
    stacked = make(kind)
    counted.clear()
    with consistency.opened(consistency.make_context("POST", "1")) as context:
        execute(stacked, "INSERT INTO t VALUES (1)")
    assert context.written
    assert rows(stacked) == [(1,)]
    assert [sql.split()[0] for sql in counted] == ["INSERT", "SELECT"]
    stacked.close()


def test_cursors_that_would_pass_by_our_rules_are_refused(make: Callable[[type], Any]) -> None:
    stacked = make(OverFixed)
    with pytest.raises(ImproperlyConfigured, match="CURSOR_CLASS"):
        stacked.cursor()
    stacked.close()


def test_the_parts_of_both_count(make: Callable[[type], Any]) -> None:
    stacked = make(OverGeo)
    assert stacked.features.knows_geometry
    assert isinstance(stacked.features, LitefsWrapperMixin.features_class)
    assert type(stacked.client) is LitefsWrapperMixin.client_class
