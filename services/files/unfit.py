"""A file that cannot be taken."""


class Unfit(Exception):
    """The file is not taken; `code` says why, see `services.files.wording`."""

    def __init__(self, code: str) -> None:
        """Take a code of `wording.WHY`."""
        self.code = code
        super().__init__(code)
