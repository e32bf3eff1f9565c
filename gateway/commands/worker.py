"""gateway worker: the process that sends and hands off."""

from argparse import Namespace

import uvloop

from gateway.commands.session import TROUBLE, DatabaseAway, settled
from gateway.telemetry import configure_logs
from gateway.worker import run as work


def run(_args: Namespace) -> None:
    """Work until told to stop."""
    with settled() as settings:
        configure_logs(settings.mode)
        try:
            uvloop.run(work(settings))
        except TROUBLE as error:
            raise DatabaseAway from error
