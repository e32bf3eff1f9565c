"""What the gateway said it took, noted on the wire between VK and it, outside of the product."""

import re

from faults.wire import Tap

EVENT = re.compile(rb'"event_id":\s*"([^"]+)"')
REQUEST = b"POST "
OK, END = b"HTTP/1.1 200", b"\r\n\r\nok"


class Ledger:
    """The ids of the events that were answered `ok`, whether or not VK got to hear it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.accepted: set[str] = set()

    def overhear(self) -> Tap:
        """Listen to one connection, on which a request waits for the answer to the one before."""
        asked, answered = bytearray(), bytearray()

        def ask(chunk: bytes) -> None:
            if chunk.startswith(REQUEST):
                asked.clear()
                answered.clear()
            asked.extend(chunk)

        def answer(chunk: bytes) -> None:
            answered.extend(chunk)
            event = EVENT.search(asked)
            if event and answered.startswith(OK) and answered.endswith(END):
                self.accepted.add(event[1].decode())

        return ask, answer
