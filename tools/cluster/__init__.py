"""Real clusters of the notes site on one machine: Consul, and nodes of LiteFS, litefs-proxy, app server.

Used by bin/demo and the cluster tests. It knows nothing of Django: it starts programs and speaks HTTP.
"""

from __future__ import annotations

from .client import Answer, Client, NoAnswerError, NotSentError
from .cluster import Cluster
from .history import Attempt, Outcome, Verdict, judge
from .load import Read, Visitors, Writers, stored_tokens, write_note
from .node import Node, NodeFailedError
from .wait import TooLongError, until

__all__ = [
    "Answer",
    "Attempt",
    "Client",
    "Cluster",
    "NoAnswerError",
    "Node",
    "NodeFailedError",
    "NotSentError",
    "Outcome",
    "Read",
    "TooLongError",
    "Verdict",
    "Visitors",
    "Writers",
    "judge",
    "stored_tokens",
    "until",
    "write_note",
]
