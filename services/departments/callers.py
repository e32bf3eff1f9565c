"""Who is calling the REST surface."""

from typing import Literal

from msgspec import Struct

Role = Literal["department", "admin", "moderator", "viewer"]


class Caller(Struct, frozen=True, kw_only=True):
    """The holder of an API key. `actor` is the person at a department, kept as claimed."""

    key_id: str
    role: Role
    department_id: int | None
    operator_id: int | None
    holder: str
    actor: str | None = None

    @property
    def by(self) -> Literal["department", "admin"]:
        """Whose hand an event shows."""
        return "department" if self.role == "department" else "admin"

    @property
    def who(self) -> str:
        """How a note of a read names this caller."""
        return f"{self.role}:{self.key_id}"
