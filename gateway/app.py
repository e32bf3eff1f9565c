"""The HTTP application of `gateway serve`."""

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from gateway.admin.router import monitor
from gateway.dependencies import dependencies
from gateway.documentation import documentation
from gateway.http import (
    appointments,
    attachments,
    callback,
    case_changes,
    cases,
    categories,
    clinics,
    clubs,
    communities,
    consents,
    deliveries,
    departments,
    forms,
    health,
    my_data,
    operators,
    reconciliations,
    routes,
    transitions,
    webhooks,
)
from gateway.http.calls import provide_call
from gateway.http.express import Express
from gateway.parts import Parts
from gateway.problems import exception_handlers
from gateway.security import Limits
from gateway.telemetry import Telemetry

API = (
    operators,
    consents,
    departments,
    categories,
    routes,
    webhooks,
    deliveries,
    reconciliations,
    appointments,
    clinics,
    clubs,
    communities,
    forms,
    transitions,
    cases,
    case_changes,
    attachments,
)
"""Modules of /api/v1, each with its `HANDLERS`."""

BODY_LIMIT = 1024 * 1024  # bytes; more is 413


def create_app(
    parts: Parts, callbacks: callback.Callback, limits: Limits | None = None
) -> Litestar:
    """Return the application over opened parts; whoever opened them closes them.

    `limits` are the usual ones where none are given.
    """
    app = Litestar(
        route_handlers=[
            callback.callback,
            health.live,
            health.ready,
            health.metrics,
            *my_data.HANDLERS,
            Router(
                "/api/v1",
                route_handlers=[each for part in API for each in part.HANDLERS],
                dependencies={"call": Provide(provide_call)},
            ),
            monitor(),
        ],
        dependencies=dependencies(),
        exception_handlers=exception_handlers(),
        openapi_config=documentation(),
        request_max_body_size=BODY_LIMIT,
        state=State({"parts": parts, "limits": limits or Limits()}),
        # Ours is set up by the process; the framework's would add handlers of its own.
        logging_config=None,
    )
    # Around the router too: an unknown path and a wrong method also get an id and a count.
    express = Express(app.asgi_handler, callbacks, BODY_LIMIT)
    app.asgi_handler = Telemetry(express, parts.metrics)
    return app
