"""The Django app: registers system checks; starts nothing."""

from __future__ import annotations

from types import ModuleType

from django.apps import AppConfig
from django.conf import settings
from django.core import checks as django_checks

ENGINE = "django_litefs.db.backends.litefs"


class DjangoLitefsConfig(AppConfig):
    name = "django_litefs"
    verbose_name = "LiteFS"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        super().__init__(app_name, app_module)
        # Before Django fills in its own default of 0: connections are kept unless the site says otherwise.
        for database in settings.DATABASES.values():
            if database.get("ENGINE") == ENGINE:
                database.setdefault("CONN_MAX_AGE", None)  # type: ignore[arg-type]

    def ready(self) -> None:
        from django_litefs import checks, deploy_checks

        for check in (
            checks.check_settings,
            checks.check_databases,
            checks.check_middleware,
            checks.check_local_state,
            checks.check_connections,
            checks.check_runserver,
        ):
            django_checks.register(check, "litefs")
        django_checks.register(deploy_checks.check_deploy, "litefs", deploy=True)
