"""`python -m bench.bare DATA_DIR`: imports vkbottle and starts the embedded servers, no more.

Says `ready` and stops them when its standard input ends.
"""

import sys
from pathlib import Path

import vkbottle

from gateway import embedded


def main() -> None:
    """Start, say so, wait, stop."""
    with embedded.joined(Path(sys.argv[1]), database=True, queue=True):
        assert vkbottle.API
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
