"""`TEST_RUNNER = "django_litefs.testing.runner.ReplicaReadsRunner"`: adds --replica-reads to `manage.py test`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.test.runner import DiscoverRunner

from django_litefs.testing.reads import ReplicaReads


class ReplicaReadsMixin(DiscoverRunner):
    """For runners of your own. The tests run in one process then."""

    def __init__(self, *args: Any, replica_reads: str | None = None, **kwargs: Any) -> None:
        if replica_reads:
            kwargs["parallel"] = 1
        super().__init__(*args, **kwargs)
        self.replica_reads = replica_reads
        self.reads = ReplicaReads()

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--replica-reads",
            choices=("report", "fail"),
            help="Run each GET of the test clients as on a replica and list the views that write.",
        )

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        if not self.replica_reads:
            return super().run_suite(suite, **kwargs)
        with self.reads:
            return super().run_suite(suite, **kwargs)

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        failed = int(super().suite_result(suite, result, **kwargs))
        for line in self.reads.report():
            self.log(f"writes in a safe request: {line}")
        return failed + (len(self.reads.offenders) if self.replica_reads == "fail" else 0)


class ReplicaReadsRunner(ReplicaReadsMixin):
    """Django's runner with that option."""
