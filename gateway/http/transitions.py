"""The table of states over REST."""

from litestar import get

from gateway.security import READERS
from services.cases.transitions import Published, published


@get("/transitions", guards=[READERS], sync_to_thread=False)
def show_transitions() -> Published:
    """List every transition, the states that cases begin and end in, and the reasons."""
    return published()


HANDLERS = [show_transitions]
