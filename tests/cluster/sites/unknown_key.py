"""The notes site with a slip of the pen."""

from __future__ import annotations

from notes_site.settings import *  # noqa: F403
from notes_site.settings import LITEFS

LITEFS["MOUNTPATH"] = "/litefs"
