"""The doctor's write: a signed request that ConsistencyMiddleware answers, by a commit that changes nothing."""

from __future__ import annotations

import http.client
import json
from typing import Any

from django.core import signing
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from django_litefs import health
from django_litefs.apps import ENGINE
from django_litefs.exceptions import LiteFSError

PATH = "/.litefs-doctor"
HEADER = "X-Litefs-Doctor"
SALT = "django_litefs.doctor"
VALID_S = 300
TIMEOUT_S = 30.0


def ask(host: str, port: int, site: str) -> tuple[int, dict[str, Any]]:
    """Status, and {"position"} of the commit or the "reason" of a refusal."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        headers = {HEADER: signing.dumps("write", salt=SALT), "Host": site, "X-Forwarded-Proto": "https"}
        connection.request("POST", PATH, b"", headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            return answer.status, {"reason": answer.headers.get("litefs-not-executed", "")}
        found = json.loads(body)
        return answer.status, found if isinstance(found, dict) else {}
    except ValueError:
        return 0, {"reason": "what answers is not django_litefs"}
    finally:
        connection.close()


def answer(request: HttpRequest) -> HttpResponse | None:
    """To such a request; None to any other."""
    if request.method != "POST" or HEADER not in request.headers:
        return None
    try:
        signing.loads(request.headers[HEADER], salt=SALT, max_age=VALID_S)
    except signing.BadSignature:
        return HttpResponse("This is for litefs_doctor.\n", status=403, content_type="text/plain")
    alias = next((a for a in connections if connections[a].settings_dict["ENGINE"] == ENGINE), "default")
    try:
        with connections[alias].cursor() as cursor:
            version = cursor.execute("PRAGMA user_version").fetchone()[0]
            cursor.execute(f"PRAGMA user_version = {int(version)}")  # the same: a commit all the same
    except LiteFSError as error:
        return JsonResponse({"reason": str(error)}, status=503)
    position = health.current_position()
    return JsonResponse({"position": str(position) if position is not None else ""})
