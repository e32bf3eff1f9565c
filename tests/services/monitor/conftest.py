"""The small krai of the tests of cases."""

from tests.services.cases.conftest import (
    caller_of,
    clock,
    departments,
    file_appeal,
    house,
    resident,
)

__all__ = ["caller_of", "clock", "departments", "file_appeal", "house", "resident"]
