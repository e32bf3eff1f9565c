"""gateway migrate: the database's schema, brought up to date."""

import asyncio
from argparse import Namespace

from gateway.commands.session import TROUBLE, DatabaseAway, settled
from services.db.migrate import migrate


def run(_args: Namespace) -> None:
    """Apply what is missing; raises MigrationError and DatabaseAway."""
    with settled() as settings:
        try:
            done = asyncio.run(migrate(settings.database_url or ""))
        except TROUBLE as error:
            raise DatabaseAway from error
    for name in done:
        print(f"applied {name}")
    print("The schema is up to date.")
