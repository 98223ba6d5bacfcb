"""The notes site as it is deployed behind TLS: secure cookies, and Django believes X-Forwarded-Proto."""

from __future__ import annotations

from notes_site.settings import *  # noqa: F403

ROOT_URLCONF = "behind_proxy_urls"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
