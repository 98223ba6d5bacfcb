"""Every way in which a Django site writes, each with a token by which its row is found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, User, update_last_login
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection, transaction

MODELS = (ContentType, Group, User, LogEntry, Session)
CACHE_TABLE = "cache_entries"

PATHS: dict[str, Callable[[str], None]] = {}


class NotCachedError(Exception):
    """Django's cache in a table says nothing when it could not write."""


def path(function: Callable[[str], None]) -> Callable[[str], None]:
    PATHS[function.__name__] = function
    return function


def create_tables() -> None:
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    call_command("createcachetable", CACHE_TABLE)
    Group.objects.create(name="kept")
    User.objects.create(username="kept")


def stored(token: str) -> bool:
    """Is there a trace of it in the database?"""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if f"made_{token}" in tables:
            return True
        cursor.execute(f"SELECT 1 FROM {CACHE_TABLE} WHERE cache_key LIKE %s", [f"%{token}"])
        cached = cursor.fetchone()
    return bool(
        cached
        or Group.objects.filter(name=token).exists()
        or User.objects.filter(first_name=token).exists()
        or Session.objects.filter(session_key=token).exists()
        or LogEntry.objects.filter(object_id=token).exists()
    )


def insert(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES (%s)", [token])


@path
def orm_save(token: str) -> None:
    Group(name=token).save()


@path
def bulk_create(token: str) -> None:
    Group.objects.bulk_create([Group(name=token), Group(name=f"{token}-")])


@path
def bulk_update(token: str) -> None:
    user = User.objects.get(username="kept")
    user.first_name = token
    User.objects.bulk_update([user], ["first_name"])


@path
def queryset_update(token: str) -> None:
    User.objects.update(first_name=token)


@path
def raw_sql(token: str) -> None:
    insert(token)


@path
def many(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO auth_group (name) VALUES (%s)", [(token,), (f"{token}-",)])


@path
def common_table_expression(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("WITH n AS (SELECT %s AS v) INSERT INTO auth_group (name) SELECT v FROM n", [token])


@path
def returning(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES (%s) RETURNING id", [token])
        cursor.fetchall()


@path
def schema(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE made_{token} (x)")


@path
def schema_editor(token: str) -> None:
    with connection.schema_editor() as editor:
        editor.execute(f"CREATE TABLE made_{token} (x)")


@path
def script(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.executescript(
            f"INSERT INTO auth_group (name) VALUES ('{token}-'); INSERT INTO auth_group (name) VALUES ('{token}')"
        )


@path
def while_iterating(token: str) -> None:
    for user in User.objects.filter(username="kept").iterator(chunk_size=1):
        user.first_name = token
        user.save()


@path
def atomic(token: str) -> None:
    with transaction.atomic():
        insert(token)


@path
def nested_savepoint(token: str) -> None:
    with transaction.atomic(), transaction.atomic():
        insert(token)


@path
def durable(token: str) -> None:
    with transaction.atomic(durable=True, savepoint=False):
        insert(token)


@path
def autocommit_off(token: str) -> None:
    transaction.set_autocommit(False)
    try:
        insert(token)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)


@path
def session(token: str) -> None:
    store: Any = SessionStore()
    store["x"] = 1
    store._session_key = token
    store.save(must_create=True)


@path
def cache_table(token: str) -> None:
    cache = DatabaseCache(CACHE_TABLE, {})
    if not cache.add(token, 1):
        raise NotCachedError


@path
def admin_log(token: str) -> None:
    user = User.objects.get(username="kept")
    LogEntry.objects.create(user_id=user.pk, object_id=token, object_repr="x", action_flag=ADDITION)


@path
def last_login(token: str) -> None:
    user = User.objects.get(username="kept")
    update_last_login(User, user)
    orm_save(token)
