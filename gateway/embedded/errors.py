"""What can go wrong with the embedded servers."""

from services.errors import ServiceError


class EmbeddedError(ServiceError):
    """The embedded servers could not be started; name outside ones in the settings instead."""

    code = "embedded"
