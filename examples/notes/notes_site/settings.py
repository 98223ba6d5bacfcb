"""Settings of the notes site: a usual Django project, and what LiteFS needs (LITEFS 1 to 4).

On a laptop nothing has to be set: with DEBUG and without a lease the site runs on a plain SQLite file.
On a cluster the environment says who this node is: every key of LITEFS may come from it as LITEFS_<KEY>.
"""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("NOTES_DEBUG", "1") == "1"
SECRET_KEY = os.environ.get("NOTES_SECRET_KEY", "only-for-a-laptop-never-for-a-real-site" if DEBUG else "")
ALLOWED_HOSTS = os.environ.get("NOTES_ALLOWED_HOSTS", "*").split(",")

INSTALLED_APPS = [
    "django_litefs",  # LITEFS 1: the app; before others that bring a runserver or migrate of their own
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "notes",
]

MIDDLEWARE = [
    "django_litefs.middleware.ConsistencyMiddleware",  # LITEFS 2: first, so that it sees every answer
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "notes.served_by.ServedByMiddleware",
]

DATABASES = {
    "default": {
        "ENGINE": "django_litefs.db.backends.litefs",  # LITEFS 3: Django's SQLite backend, at home on LiteFS
        "NAME": "default",
    }
}

LITEFS = {  # LITEFS 4: this node's place in the cluster
    "DATABASE_NAME": "notes.sqlite3",
    "MOUNT_PATH": os.environ.get("LITEFS_MOUNT_PATH", "/litefs"),
    "DATA_PATH": os.environ.get("LITEFS_DATA_PATH", "/var/lib/litefs"),
    # The others come from the environment alone: LITEFS_CONSUL_URL and LITEFS_CONSUL_KEY (the lease),
    # LITEFS_HOSTNAME, LITEFS_ADVERTISE_URL (LiteFS to LiteFS), LITEFS_PROXY_ADDR (the front door).
}

ROOT_URLCONF = "notes_site.urls"
WSGI_APPLICATION = "notes_site.wsgi.application"
ASGI_APPLICATION = "notes_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notes.served_by.served_by",
            ]
        },
    }
]
