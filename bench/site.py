"""The smallest site: one table, one view that reads ten rows of it, one that writes one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

ROWS = 1000
READS = 10
READ = "SELECT id, text FROM bench_row WHERE id = %s"
WRITE = "UPDATE bench_row SET text = %s WHERE id = %s"
OUR_ENGINE = "django_litefs.db.backends.litefs"


def configure(databases: dict[str, dict[str, Any]], litefs: dict[str, Any]) -> None:
    """Django with Django's defaults; ours comes with its app and its middleware, as it is installed."""
    import django

    ours = any(database["ENGINE"] == OUR_ENGINE for database in databases.values())
    settings.configure(
        SECRET_KEY="only-for-benchmarks-only-for-benchmarks",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.site",
        DATABASES=databases,
        INSTALLED_APPS=["bench", *(["django_litefs"] if ours else [])],
        MIDDLEWARE=["django_litefs.middleware.ConsistencyMiddleware"] if ours else [],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        LITEFS=litefs,
    )
    django.setup()


def point_reads(database: Any, count: int = READS) -> None:
    for row in range(1, count + 1):
        with database.cursor() as cursor:
            cursor.execute(READ, [row])
            cursor.fetchone()


def reads(_: HttpRequest) -> HttpResponse:
    point_reads(connection)
    return HttpResponse("read")


urlpatterns = [path("reads", reads)]
