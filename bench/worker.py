"""One measuring process: Django with the databases of its order, one function of it, the result as JSON.

A process of its own for each backend and round: what one keeps open would help the other (see litefs_pair).
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tools.cluster.cluster import ROOT

LIMIT_S = 120.0
MODULE = "bench.worker"


def start(order: dict[str, Any]) -> subprocess.Popen[str]:
    """`order`: databases, litefs, function ("works.measure"), arguments. It ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, json.dumps(order)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Any:
    """Its result. Raises CalledProcessError if it died."""
    output, _ = process.communicate(timeout=LIMIT_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, MODULE)
    return json.loads(output)


def _main() -> None:
    order = json.loads(sys.argv[1])
    from bench import site

    site.configure(order["databases"], order["litefs"])
    from bench import replica_reads, scenes, works

    functions = {"works": works, "scenes": scenes, "replica_reads": replica_reads}
    module, _, name = order["function"].partition(".")
    print(json.dumps(getattr(functions[module], name)(**order["arguments"])))


if __name__ == "__main__":
    _main()
