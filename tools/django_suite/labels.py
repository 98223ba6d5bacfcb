"""Which folders of Django's tests are run: those with models of their own, and some that look at connections."""

from __future__ import annotations

from pathlib import Path

# No models, but transactions, connections or the shape of a request under them.
WITHOUT_MODELS = (
    "asgi",
    "db_utils",
    "dbshell",
    "handlers",
    "logging_tests",
    "middleware",
    "requests_tests",
    "wsgi",
)

LEFT_OUT = {
    "gis_tests": "another database",
    "postgres_tests": "another database",
    "test_runner": "its nested runners ask on stdin about files, with Django's own backend too",
    **dict.fromkeys(
        (
            "admin_checks",
            "admin_docs",
            "admin_autodiscover",
            "check_framework",
            "file_storage",
            "file_uploads",
        ),
        "asks nothing of a database",
    ),
    **dict.fromkeys(
        ("forms_tests", "i18n", "modeladmin", "shell", "utils_tests"), "asks nothing of a database"
    ),
}

# Where a backend shows first what it does differently; under a minute in memory.
TELLING = (
    "backends",
    "transactions",
    "transaction_hooks",
    "handlers",
    "servers",
    "async",
    "delete_regress",
    "dbshell",
)


def database_facing(tests: Path) -> list[str]:
    """The labels of a Django version, from its folder of tests."""
    with_models = {found.parent.name for found in tests.glob("*/models.py")}
    with_models |= {found.parent.parent.name for found in tests.glob("*/models/__init__.py")}
    there = {name for name in WITHOUT_MODELS if (tests / name).is_dir()}
    return sorted((with_models | there) - LEFT_OUT.keys())
