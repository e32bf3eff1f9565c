"""Puts the stand-in and the reference department together into one web application.

`/` is the chat page, `/method/…` VK's API, `/department` the department's page, `/demo/…` the
levers that `integrations.demo.vk.control` describes.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from integrations.demo.config import DemoConfig
from integrations.demo.department import desk, mis_routes, routes, system_routes
from integrations.demo.department.mis import Mis
from integrations.demo.department.system import System
from integrations.demo.pages import page_routes
from integrations.demo.vk import chat, control
from integrations.demo.vk.callbacks import Courier
from integrations.demo.vk.control import NewCommunity, Residents
from integrations.demo.vk.memory import Memory
from integrations.demo.vk.methods import Api, long_poll, method
from integrations.demo.vk.world import World

HERE = Path(__file__).parent


def create_app(config: DemoConfig) -> Litestar:
    """Make the application; its communities are called back at once, without a confirmation.

    `app.state.leave()` ends the streams of open pages, which a server must do before it stops.
    """
    world = World(time.time)
    courier = Courier(world)
    office = desk.Office(config.gateway_url, config.departments)
    files = f"{config.public_url}/demo/files"
    _add_communities(config, world, courier)

    async def leave() -> None:
        world.leave()
        await office.leave()

    return Litestar(
        route_handlers=[
            method,
            long_poll,
            *control.HANDLERS,
            *chat.HANDLERS,
            *routes.HANDLERS,
            *system_routes.HANDLERS,
            *mis_routes.HANDLERS,
            *page_routes(HERE / "vk" / "page", "/demo/files", "/"),
            *page_routes(HERE / "department" / "page", "/department/files", "/department"),
        ],
        dependencies={
            "world": _given(world),
            "courier": _given(courier),
            "api": _given(Api(world, courier, files)),
            "office": _given(office),
            "system": _given(System()),
            "mis": _given(Mis()),
            "residents": _given(Residents(config.residents)),
            "files": _given(files),
            "gateway_url": _given(config.gateway_url),
        },
        lifespan=[_life(config, world, courier, office)],
        state=State({"leave": leave}),
        openapi_config=None,
        logging_config=None,
    )


def _add_communities(config: DemoConfig, world: World, courier: Courier) -> None:
    for page in config.communities:
        new = NewCommunity(
            group_id=page.group_id,
            token=page.token,
            title=page.title,
            secret=page.secret,
            confirmation=page.confirmation,
            callback_url=f"{config.gateway_url}/vk/callback",
        )
        control.add_community(world, courier, new)


def _life(
    config: DemoConfig, world: World, courier: Courier, office: desk.Office
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    memory = Memory(world, Path(config.memory_file)) if config.memory_file else None

    @asynccontextmanager
    async def living(_: Litestar) -> AsyncGenerator[None, None]:
        if memory:
            memory.start()
        await courier.start()
        await office.open()
        yield
        await office.close()
        await courier.stop()
        if memory:
            await memory.stop()

    return living


def _given(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
