"""Django's test runner that also writes down what became of each test that did not simply pass."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.test.runner import DiscoverRunner
from django.utils.module_loading import import_string

# Closes the main thread's connection if a test before it did, and so spoils all tests after it: with Django's own
# backend too.
SPOILS_FILES_BEFORE_5_1 = ("backends.sqlite.tests.ThreadSharing", "test_database_sharing_in_threads")


class RecordingRunner(DiscoverRunner):
    def setup_databases(self, **kwargs: Any) -> Any:
        if (
            django.VERSION < (5, 1)
            and os.environ.get("DJANGO_SUITE_FOLDER")
            and "backends" in settings.INSTALLED_APPS
        ):
            case, method = import_string(SPOILS_FILES_BEFORE_5_1[0]), SPOILS_FILES_BEFORE_5_1[1]
            setattr(case, method, unittest.skip("spoils later tests")(getattr(case, method)))
        return super().setup_databases(**kwargs)

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        found = {
            "ran": result.testsRun,
            "failed": sorted({test.id() for test, _ in [*result.failures, *result.errors]}),
            "unexpected": sorted(test.id() for test in result.unexpectedSuccesses),
            "expected": sorted(test.id() for test, _ in result.expectedFailures),
            "skipped": sorted({test.id() for test, _ in result.skipped}),
        }
        Path(os.environ["DJANGO_SUITE_RESULT"]).write_text(json.dumps(found))
        return int(super().suite_result(suite, result, **kwargs))
