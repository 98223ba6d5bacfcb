"""Every error of django_litefs. Each is an OperationalError that knows role, primary, database and a way out."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.db.utils import OperationalError


class LiteFSError(OperationalError):
    """Base of all. `role` and `primary` are what the node was at that moment."""

    def __init__(
        self, message: str, *, role: str = "unknown", primary: str = "", database: str = "", hint: str = ""
    ) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.role = role
        self.primary = primary
        self.database = database
        self.hint = hint


class NotPrimaryError(LiteFSError):
    """A write was tried on a node that is not the primary. Nothing of it happened."""


class MountLostError(LiteFSError):
    """The LiteFS mount is gone or was replaced."""


class CommitLostError(LiteFSError):
    """A COMMIT was reported as done but cannot be proven: its outcome is unknown."""


class JournalModeError(LiteFSError):
    """Leaving WAL, or exclusive locking, would stop the replicas."""


class HaltRefusedError(LiteFSError):
    """The HALT lock could not be had within the time allowed. Nothing was written."""


class HaltExpiredError(LiteFSError):
    """The HALT lock is over, and with it the transaction that relied on it. Nothing of it was written."""


class HaltedError(LiteFSError):
    """The primary stayed locked for longer than the busy timeout: a replica holds the HALT lock."""


class ReadTooLongError(LiteFSError):
    """A read on a replica held replication up for longer than MAX_READ_TRANSACTION and was ended."""


class StorageError(LiteFSError):
    """SQLite cannot read or write the database although the mount is alive, a full disk for example."""


class WriteTooLateError(LiteFSError):
    """A transaction that began with a read cannot write any more: another one did meanwhile. Nothing of it happened."""


# The same errors in a request that runs again on the primary. Middleware may raise them where no other middleware sees
# them; as a BadRequest Django answers without an error mail and without got_request_exception. Nobody sees that answer.


class ReplayedNotPrimaryError(NotPrimaryError, BadRequest):
    """See NotPrimaryError."""


class ReplayedMountLostError(MountLostError, BadRequest):
    """See MountLostError."""


class ReplayedWriteTooLateError(WriteTooLateError, BadRequest):
    """See WriteTooLateError."""


REPLAYED: dict[type[LiteFSError], type[LiteFSError]] = {
    NotPrimaryError: ReplayedNotPrimaryError,
    MountLostError: ReplayedMountLostError,
    WriteTooLateError: ReplayedWriteTooLateError,
}
