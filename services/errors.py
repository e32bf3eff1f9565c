"""What can go wrong, in the gateway's own words. HTTP is decided in `gateway.problems`."""

from typing import Any, ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True):
    """One wrong field of what was sent: its path (`items.0.code`) and what to do about it."""

    field: str
    message: str


class ServiceError(Exception):
    """The request could not be carried out."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None, **details: Any) -> None:
        """Take a message for people (default: the class's docstring) and details for machines."""
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = details
        super().__init__(self.message)


class InvalidRequest(ServiceError):
    """Some fields are missing or wrong; `errors` names all of them."""

    code = "invalid_request"

    def __init__(self, *errors: FieldError, message: str | None = None) -> None:
        """Take every wrong field at once."""
        super().__init__(message)
        self.errors = errors


class InvalidCursor(ServiceError):
    """The cursor does not belong to this caller and these filters; start again without it."""

    code = "invalid_cursor"


class Unauthorized(ServiceError):
    """Send a valid API key in the header `Authorization: Bearer KEY`."""

    code = "unauthorized"


class Forbidden(ServiceError):
    """This key may not do that."""

    code = "forbidden"


class NotFound(ServiceError):
    """There is nothing here for this key."""

    code = "not_found"


class NotOwner(ServiceError):
    """Another department put this first; only it or an admin can change it."""

    code = "not_owner"


class PreconditionRequired(ServiceError):
    """Send the `ETag` of the version you saw in the header `If-Match`."""

    code = "precondition_required"


class VersionConflict(ServiceError):
    """It has changed since you read it; read it again."""

    code = "version_conflict"


class Conflict(ServiceError):
    """The present state does not allow that."""

    code = "conflict"


class TransitionNotAllowed(Conflict):
    """The state table does not allow this transition; see GET /api/v1/transitions."""

    code = "transition_not_allowed"


class IdempotencyKeyReused(ServiceError):
    """This Idempotency-Key was used with another body; take a new one."""

    code = "idempotency_key_reused"


class IdempotencyKeyRunning(Conflict):
    """The first request with this Idempotency-Key is still running; ask again shortly."""

    code = "idempotency_key_running"


class TooManyRequests(ServiceError):
    """Too many requests in a short time; wait as long as `Retry-After` says."""

    code = "too_many_requests"

    def __init__(self, seconds: float = 1.0, message: str | None = None) -> None:
        """Take the seconds to wait."""
        super().__init__(message)
        self.seconds = seconds


class Unavailable(ServiceError):
    """The gateway cannot do this right now; try again shortly."""

    code = "unavailable"
