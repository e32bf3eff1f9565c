"""Trouble on request: what VK does on a bad day, switched on from the page or by a test."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from integrations.demo.vk.errors import Refusal

# From here on VK's errors speak about one person or chat, so one message of an `execute`
# fails and the others arrive; so does flood control.
FIRST_PERSONAL_ERROR = 900
FLOOD = 9

Kind = Literal["error", "bad_gateway", "hang", "late"]


class Fault(Struct, kw_only=True):
    """One kind of trouble and whom it hits; what is None hits all.

    `error` refuses with `code`. `bad_gateway` answers an HTML page with status 502. `hang` does
    nothing and answers after `seconds` with status 504. `late` does what was asked and answers
    only after `seconds`. `times` is how often it strikes; None is until it is taken away.
    """

    kind: Kind
    code: int = 10
    seconds: float = 20.0
    group_id: int | None = None
    user_id: int | None = None
    method: str | None = None
    times: int | None = None

    @property
    def personal(self) -> bool:
        """Whether it hits single messages rather than whole calls."""
        personal_code = self.code >= FIRST_PERSONAL_ERROR or self.code == FLOOD
        return self.kind == "error" and (self.user_id is not None or personal_code)


class Faults:
    """The faults that are switched on, in the order in which they strike."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self.active.append(fault)

    def clear(self) -> None:
        """Switch all of them off."""
        self.active.clear()

    def of_call(self, group_id: int, method: str) -> Fault | None:
        """Take the fault that hits this whole call."""
        return self._strike(
            fault
            for fault in self.active
            if not fault.personal
            and fault.group_id in {None, group_id}
            and fault.method in {None, method}
        )

    def of_message(self, group_id: int, user_id: int) -> Refusal | None:
        """Take the refusal that hits this one message."""
        fault = self._strike(
            fault
            for fault in self.active
            if fault.personal
            and fault.group_id in {None, group_id}
            and fault.user_id in {None, user_id}
        )
        return Refusal(fault.code, "on purpose") if fault else None

    def _strike(self, hits: Iterable[Fault]) -> Fault | None:
        fault = next(iter(hits), None)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.active.remove(fault)
        return fault
