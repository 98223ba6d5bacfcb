"""A Consul agent in development mode, in memory, on a loopback address of its own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from pathlib import Path

from . import processes
from .wait import until

PORT = 8500
HTTPS_PORT = 8501
READY_WITHIN = 30.0
STOP_WITHIN = 5.0


class Consul:
    """`tls`: the files of a certificate and its key, by which it answers at HTTPS_PORT as well."""

    def __init__(
        self, program: Path, address: str, log: Path, mark: str, tls: tuple[Path, Path] | None = None
    ) -> None:
        self.address = address
        self.url = f"http://{address}:{PORT}"
        self.secure_url = f"https://:a-token@{address}:{HTTPS_PORT}/a-prefix/"  # as Fly gives it
        self._tls = tls
        self._program = program
        self._log = log
        self._mark = mark
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        configured = ["-dns-port=-1", "-hcl", "ports { serf_wan = -1, grpc = -1 }"]
        if self._tls is not None:
            cert, key = self._tls
            configured += ["-hcl", f"ports {{ https = {HTTPS_PORT} }}"]
            configured += ["-hcl", f'cert_file = "{cert}"', "-hcl", f'key_file = "{key}"']
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program,
                    "agent",
                    "-dev",
                    f"-bind={self.address}",
                    f"-client={self.address}",
                    *configured,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={"PATH": os.environ["PATH"], processes.MARK: self._mark},
            )
        until(self._has_leader, f"Consul at {self.url} has a leader (log: {self._log})", READY_WITHIN)

    def _has_leader(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"Consul ended with {self._process.returncode}: see {self._log}")
        connection = http.client.HTTPConnection(self.address, PORT, timeout=2)
        try:
            connection.request("GET", "/v1/status/leader")
            answer = connection.getresponse()
            return answer.status == 200 and len(answer.read()) > 2
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def end_lease(self, key: str) -> None:
        """As if the session of whoever holds it had run out: spares a test the TTL of a machine that is gone."""
        entry = json.loads(self._ask("GET", f"/v1/kv/{key}"))[0]
        self._ask("PUT", f"/v1/session/destroy/{entry['Session']}")

    def _ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection(self.address, PORT, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"Consul: {method} {path}: {answer.status} {body.decode(errors='replace')}")
        return body

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
