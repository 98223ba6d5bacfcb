"""All faults, by name. One file for each noun that breaks."""

from __future__ import annotations

from ..scene import Fault
from . import app, eavesdropper, elections, host, links, litefs, nodes, nothing, readers, secrets

ALL: dict[str, Fault] = {
    fault.name: fault
    for module in (nothing, app, nodes, links, litefs, elections, readers, host, secrets, eavesdropper)
    for fault in module.FAULTS
}
