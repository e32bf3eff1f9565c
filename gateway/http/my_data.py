"""«Мои данные» outside the chat: a page to read and to keep, and the same for programs."""

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from gateway.admin.rendering import HTML, environment, titles
from gateway.dependencies import Db, InHouse
from services.cases.wording import STATES
from services.residents.collecting import collect
from services.residents.data_link import PATH, follow_link

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
AS_FILE = {"Content-Disposition": 'attachment; filename="my-data.json"'}


@get(f"{PATH}/{{token:str}}", include_in_schema=False)
async def show_my_data(connection: Db, house: InHouse, token: FromPath[str]) -> Response[str]:
    """Show everything that is stored of whoever asked for the link in the chat."""
    account_id = await follow_link(connection, house, token)
    data = await collect(connection, house, account_id)
    body = (
        environment()
        .get_template("my_data.html")
        .render(
            data=data,
            zone=house.zone,
            departments=titles(house),
            states=STATES,
            file=f"{PATH}/{token}/my-data.json",
        )
    )
    return Response(body, media_type=HTML, headers=HEADERS)


@get(f"{PATH}/{{token:str}}/my-data.json", include_in_schema=False)
async def give_my_data(connection: Db, house: InHouse, token: FromPath[str]) -> Response[bytes]:
    """Give the same as JSON, to be kept."""
    account_id = await follow_link(connection, house, token)
    data = await collect(connection, house, account_id)
    return Response(
        msgspec.json.format(msgspec.json.encode(data)),
        media_type="application/json",
        headers=HEADERS | AS_FILE,
    )


HANDLERS = [show_my_data, give_my_data]
