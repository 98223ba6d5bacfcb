"""The LiteFS that this release is built and tested with; bin/upgrade-litefs moves it."""

from __future__ import annotations

LITEFS_VERSION = "v0.5.14"
LITEFS_SUM = "h1:oopPOolz9FBkJrVtwWGplXiQKiz7lvtTG9ZYjCJP7SA="  # of its sources, as in tools/litefs/go.sum
