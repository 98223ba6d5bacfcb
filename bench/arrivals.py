"""How long transactions take from the primary to a replica, as both nodes' LiteFS announce them."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time

from bench.samples import Summary, summary


class _Stream:
    """The TXIDs of one node's `/events`, each with the moment at which it became visible there."""

    def __init__(self, address: str) -> None:
        self.seen: dict[int, float] = {}
        self._connection = http.client.HTTPConnection(address)
        self._connection.request("GET", "/events")
        self._socket = self._connection.sock  # the response takes it over
        self._response = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, name=f"events of {address}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._response.close()
        self._connection.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            while line := self._response.readline():
                now = time.monotonic()
                event = json.loads(line)
                if event["type"] == "tx":
                    self.seen.setdefault(int(event["data"]["txID"], 16), now)


class Arrivals:
    """Measures from its creation to the end of its block; the two nodes' clocks are one."""

    def __init__(self, primary: str, replica: str) -> None:
        self._replica = _Stream(replica)
        self._primary = _Stream(primary)

    def __enter__(self) -> Arrivals:
        return self

    def __exit__(self, *_: object) -> None:
        self._replica.close()
        self._primary.close()

    def wait_all(self, within: float) -> bool:
        """Until the replica has everything that the primary has."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if not set(self._primary.seen) - set(self._replica.seen):
                return True
            time.sleep(0.01)
        return False

    def seconds(self) -> list[float]:
        """One of each transaction that arrived, in order."""
        seen = self._replica.seen
        return [max(0.0, seen[txid] - at) for txid, at in self._primary.seen.items() if txid in seen]

    def summary(self) -> Summary:
        return summary(self.seconds())
