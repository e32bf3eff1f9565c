"""Every route says who may call it."""

import inspect
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler

from gateway import app as application
from gateway.http import callback, health
from gateway.security import Admits
from services.departments.callers import Role

PUBLIC = {"/vk/callback", "/health/live", "/health/ready", "/metrics"}
ADMINS_ONLY = {
    ("PUT", "/operators/{code:str}"),
    ("PUT", "/consents/{service:str}"),
    ("PUT", "/categories/{code:str}"),
    ("PUT", "/routes"),
    ("PUT", "/communities/{group_id:int}"),
}
"""What a department may not do, whatever it owns."""


def _handlers() -> Iterator[HTTPRouteHandler]:
    for module in application.API:
        yield from module.HANDLERS
    yield from (callback.callback, health.live, health.ready, health.metrics)


HANDLERS = list(_handlers())


def guards_of(handler: HTTPRouteHandler) -> list[Admits]:
    return [guard for guard in handler.guards or () if isinstance(guard, Admits)]


def name(handler: HTTPRouteHandler) -> tuple[str, str]:
    (method,) = handler.http_methods
    (path,) = handler.paths
    return str(getattr(method, "value", method)), path


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: " ".join(name(handler)))
def test_a_route_is_guarded_or_public(handler: HTTPRouteHandler) -> None:
    """Exactly one guard names the roles, or the route is on the list of public ones."""
    if name(handler)[1] in PUBLIC:
        assert not handler.guards
        assert handler.opt.get("public") is True
    else:
        assert len(guards_of(handler)) == 1
        assert not handler.opt.get("public")


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: " ".join(name(handler)))
def test_viewers_only_read(handler: HTTPRouteHandler) -> None:
    """A viewer may call what changes nothing, and nothing else."""
    roles: frozenset[Role] = frozenset().union(*(guard.roles for guard in guards_of(handler)))
    method, path = name(handler)
    changes = method != "GET" and not path.endswith(("/search", "/try")) and path not in PUBLIC
    if changes:
        assert "viewer" not in roles
    assert ("department" not in roles) == (
        (method, path) in ADMINS_ONLY or path in PUBLIC or path.endswith("/personal-data")
    )


def test_the_public_list_names_no_ghost() -> None:
    """The list is as long as it must be."""
    assert {name(handler)[1] for handler in HANDLERS} >= PUBLIC


def test_modules_of_the_api_hide_no_handler() -> None:
    """What is decorated in a module stands in its HANDLERS, else it is never served."""
    for module in application.API:
        decorated = {
            each
            for _, each in inspect.getmembers(module)
            if isinstance(each, HTTPRouteHandler) and each.fn.__module__ == module.__name__
        }
        assert decorated == set(module.HANDLERS)
