"""The examples of docs/testing.md, run in a small site by pytest and by manage.py test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
EXAMPLE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
LIMIT_S = 120
SITE = {
    "manage.py": """
import os, sys
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
""",
    "settings.py": """
SECRET_KEY = "only-for-tests"
INSTALLED_APPS = ["django_litefs", "shelf"]
MIDDLEWARE = ["django_litefs.middleware.ConsistencyMiddleware"]
ROOT_URLCONF = "shelf.views"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"}}
""",
    "shelf/__init__.py": "",
    "shelf/models.py": """
from django.db import models

class Book(models.Model):
    title = models.TextField()
    seen = models.IntegerField(default=0)
""",
    "shelf/views.py": """
from django.http import HttpResponse
from django.urls import path
from shelf.models import Book

def books(request):
    return HttpResponse(", ".join(Book.objects.values_list("title", flat=True)))

def book(request, pk):
    found = Book.objects.get(pk=pk)
    found.seen += 1
    found.save()
    return HttpResponse(found.title)

urlpatterns = [path("books", books), path("books/<int:pk>", book)]
""",
    "shelf/test_writing.py": """
from django.test import TestCase
from shelf.models import Book

class WritingTests(TestCase):
    def test_book(self):
        book = Book.objects.create(title="Dune")
        self.assertContains(self.client.get(f"/books/{book.pk}"), "Dune")
        self.assertContains(self.client.get(f"/books/{book.pk}"), "Dune")
        book.refresh_from_db()
        self.assertEqual(book.seen, 2)
""",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    examples = EXAMPLE.findall(DOCUMENT.read_text())
    assert len(examples) == 4
    (tmp_path / "shelf").mkdir()
    for name, text in SITE.items():
        (tmp_path / name).write_text(text)
    for name, text in examples:
        with (tmp_path / name).open("a") as file:
            file.write(text)
    return tmp_path


def run(site: Path, *command: str) -> tuple[int, str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(site)}
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=site,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )
    return ran.returncode, ran.stdout


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_books.py", "shelf")
LISTED = "GET /books/1 (shelf.views.book), 2 request(s): Database 'default' cannot be written here"


@pytest.mark.parametrize(
    ("command", "code", "listed"),
    [
        (PYTEST, 0, False),
        ((*PYTEST, "--replica-reads=report"), 0, True),
        ((*PYTEST, "--replica-reads=fail"), 1, True),
        (("manage.py", "test"), 0, False),
        (("manage.py", "test", "--replica-reads=report", "--parallel=2"), 0, True),
        (("manage.py", "test", "--replica-reads=fail"), 1, True),
    ],
)
def test_examples(site: Path, command: tuple[str, ...], code: int, listed: bool) -> None:
    got, output = run(site, *command)
    assert got == code, output
    assert (LISTED in output) == listed, output
    assert re.search(r"2 passed|3 passed|Ran 3 tests", output), output
