"""What differs from Django's sqlite3 backend, as its own test suite sees it."""

from __future__ import annotations

import django
from django.db.backends.sqlite3 import features
from django.utils.functional import cached_property

# They compare with the literal SQL "BEGIN"; here a transaction of a file begins IMMEDIATE.
LITERAL_BEGIN = ("backends.base.test_base.DatabaseWrapperLoggingTests.test_commit_debug_log",)
LITERAL_BEGIN_SINCE_5_1 = ("backends.sqlite.tests.TestTransactionMode.test_default_transaction_mode",)


class DatabaseFeatures(features.DatabaseFeatures):
    @cached_property
    def django_test_expected_failures(self) -> set[str]:  # type: ignore[override]
        expected = set(super().django_test_expected_failures)
        if self.connection.is_in_memory_db():
            return expected
        return expected.union(LITERAL_BEGIN, LITERAL_BEGIN_SINCE_5_1 if django.VERSION >= (5, 1) else ())
