"""A stand-in for a provider of identities: it believes what it is told. Never in production."""

import re

from services.ports import Identity

_TICKET = re.compile(r"\s*([^<>]{3,200}?)\s*<([^<>@\s]+@[^<>@\s]+)>\s*")


class DemoIdentities:
    """`services.ports.IdentityProvider` of the demo; a ticket is «Иванова Мария <m@example.ru>»."""

    async def identify(self, ticket: str) -> Identity | None:
        """Return who a ticket names, or None for one that is not of this form."""
        found = _TICKET.fullmatch(ticket)
        return None if found is None else Identity(full_name=found[1], reply_to=found[2])
