"""What can go wrong with sealed values and keys."""

from services.errors import ServiceError


class WrongSecretKeys(ServiceError):
    """GATEWAY_SECRET_KEYS does not open this database: put the key it was made with in the list."""

    code = "wrong_secret_keys"


class Unreadable(ServiceError):
    """A sealed value cannot be opened: it was moved, changed, or its key is gone."""

    code = "unreadable"
