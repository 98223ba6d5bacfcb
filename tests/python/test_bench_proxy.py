"""The proxy benchmark's own code: what it reads from wrk, strace and /proc, and which figures it compares."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import load, proxy, proxy_rows
from bench.fronts import NATIVE
from bench.load import CASES, LoadFailedError
from bench.proxy_field import FLOOR, HAPROXY, NGINX, NGINX_M, OURS, QUIET, Field
from bench.proxy_syscalls import counted
from bench.runs import Run, Runs
from bench.usage import memory_kib, used_by
from django_litefs.process import find_executable
from tools.cluster.wait import until

WRK = """Running 1s test @ http://127.0.0.1:8081
  1 threads and 32 connections
Requests/sec:  30123.11
{"requests": 30000, "microseconds": 1500000, "failed": 0, "p50": 800, "p99": 2500}
"""
STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 57.05    0.315765          32      9584       247 futex
 22.11    0.122371          16      7542           sendmsg
------ ----------- ----------- --------- --------- ----------------
100.00    0.553460          14     17126       247 total
"""


def test_what_wrk_prints() -> None:
    found = load.parse(WRK)
    assert (found.requests, found.per_second, found.p50_us, found.p99_us) == (30000, 20000, 800, 2500)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "unable to connect to 127.0.0.1:8081",
        WRK.replace('"failed": 0', '"failed": 3'),
        WRK.replace("30000", "0"),
    ],
)
def test_a_run_with_failed_requests_is_no_figure(printed: str) -> None:
    with pytest.raises(LoadFailedError):
        load.parse(printed)


def test_the_browser_s_head_is_as_long_as_it_says() -> None:
    lines = ["GET / HTTP/1.1", "Host: 127.101.102.20:8081", *(f"{k}: {v}" for k, v in load.BROWSER.items())]
    assert len("\r\n".join([*lines, "", ""])) == 525


def test_what_strace_counts() -> None:
    assert counted(STRACE) == {"futex": 9584, "sendmsg": 7542}


def test_run_time_and_memory_of_processes() -> None:
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        before = used_by([child.pid])

        def a_while() -> bool:
            return 50_000 < (used_by([child.pid]) - before).cpu_us < 10_000_000

        until(a_while, "50 ms of run time are counted", within=30)
        assert memory_kib([child.pid, os.getpid()], "VmRSS") > memory_kib([child.pid], "VmRSS") > 1000
    finally:
        child.kill()
        child.wait()


def runs(**cpu_us: list[float]) -> Runs:
    found = Runs()
    for connections in (32, 256):
        for front, figures in cpu_us.items():
            for cpu in figures:
                run = Run(cpu_us=cpu, per_second=1e6 / cpu, p50_us=10 * cpu, p99_us=20 * cpu, faults=0.0)
                found.add(front, "get", connections, run)
    return found


def test_rows_are_judged_against_each_yardstick() -> None:
    figures = {
        NGINX: [10.0, 20.0],
        NGINX_M: [8.0, 16.0],
        FLOOR: [6.0, 10.0],
        OURS: [7.0, 14.0],
        QUIET: [6.0, 12.0],
    }
    rows = {row.what: row for row in proxy_rows.rows(runs(**figures), ["get", "post"])}
    against = "GET 1 KiB, 32 connections: CPU per request against"
    assert rows[f"{against} nginx"].ratio == pytest.approx(0.7)
    assert rows[f"{against} nginx"].must is True
    assert rows[f"{against} nginx"].stretch is False
    assert rows[f"{against} floor"].must is True
    assert rows["GET 1 KiB, 32 connections: requests per second against nginx"].ratio == pytest.approx(
        1 / 0.7
    )
    assert rows["GET 1 KiB, 32 connections: requests per second against nginx"].must is True
    assert rows["GET 1 KiB, 256 connections: p99 against nginx"].must is True
    assert rows["GET 1 KiB, 256 connections: CPU per request against its own with 32"].ratio == 1
    assert not any("POST" in what or "litefs-proxy-primary" in what for what in rows)  # not measured
    assert "| GET 1 KiB | 10.5 us | 1.28 x | 0.88 x | 0.70 x |  |  |" in proxy_rows.beside(runs(**figures))
    table = proxy_rows.absolute(runs(**figures))
    assert "| GET 1 KiB | 32 | nginx | 15.0 |" in table


def test_every_case_says_what_it_is() -> None:
    assert len({case.what for case in CASES.values()}) == len(CASES)
    assert {case for aim in proxy_rows.AIMS for case in aim.cases} == set(CASES)


@pytest.mark.integration
def test_a_run_measures_every_proxy(tmp_path: Path) -> None:
    programs = ("nginx", "haproxy", "wrk", str(NATIVE / "upstream"))
    if any(shutil.which(program) is None for program in programs):
        pytest.skip("needs what tools/setup/bench.sh installs")
    with Field(tmp_path, Path(find_executable("litefs-proxy")), litefs=False) as field:
        rows, found = proxy.compare(field, rounds=1, seconds=1, cases=["get"], connections=[32])
        for front in (NGINX, NGINX_M, HAPROXY, FLOOR, OURS, QUIET):
            (cpu,) = found.figures(front, "get", 32, "cpu_us")
            assert 1 < cpu < 10_000
    assert rows
