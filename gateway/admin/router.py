"""All pages of the monitor under /admin."""

from litestar import Router
from litestar.di import Provide

from gateway.admin import (
    case,
    case_acts,
    cases,
    clubs,
    departments,
    desk,
    doctors,
    overview,
    pages,
    signing_in,
)
from gateway.admin.access import PATH
from gateway.admin.acting import provide_form
from gateway.admin.problems import exception_handlers

PAGES = (
    signing_in,
    overview,
    cases,
    case,
    case_acts,
    desk,
    departments,
    clubs,
    doctors,
    pages,
)
"""Modules of /admin, each with its `HANDLERS`."""


def monitor() -> Router:
    """Return what serves the monitor."""
    return Router(
        PATH,
        route_handlers=[each for part in PAGES for each in part.HANDLERS],
        dependencies={"form": Provide(provide_form)},
        exception_handlers=exception_handlers(),
        include_in_schema=False,
    )
