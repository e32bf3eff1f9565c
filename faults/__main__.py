"""`python -m faults [only=NAME] [rounds=N]`: strikes the running product, and proves what is left.

Ends with 0 when every round held, with 1 when one did not.
"""

import argparse
import asyncio
import sys
import time
import traceback
from collections import deque

import asyncpg
import httpx
import redis

from faults.house import House, open_house
from faults.proof import Round, prove
from faults.strikes import ATTENDED, FAULTS, OUT_OF_TURN
from faults.systems import SYSTEMS, prove_system

RESIDENTS = 12
FIRST_ID = 20_000
NAMES = (*FAULTS, *SYSTEMS)
TROUBLE = (
    AssertionError,
    OSError,  # TimeoutError too
    ValueError,  # an answer that cannot be read
    httpx.HTTPError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    redis.RedisError,
)
"""What ends one round, and never the run."""
SHOWN = 4_000  # characters of each process's log, the last ones


def main() -> None:
    """Strike with what was asked for."""
    parser = argparse.ArgumentParser(prog="make faults", description="Faults under load.")
    parser.add_argument(
        "--only", default="", help=f"a name, or what stands before its _: {', '.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often (1)")
    parser.add_argument("--residents", type=int, default=RESIDENTS, help=f"at once ({RESIDENTS})")
    args = parser.parse_args()
    names = named(args.only)
    if not names:
        parser.error(f"no fault is called {args.only}; there are {', '.join(NAMES)}")
    failed = asyncio.run(run(names * args.rounds, args.residents))
    print(f"{len(names) * args.rounds - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def named(only: str) -> list[str]:
    """Return all faults, the one of this name, or those whose names begin with it and a `_`."""
    if not only or only in NAMES:
        return [only] if only else list(NAMES)
    return [name for name in NAMES if name.startswith(f"{only}_")]


async def run(names: list[str], residents: int) -> list[str]:
    """Strike with each in turn; return the names of those that left something wrong.

    After one that did, the next find a product of their own: they are not blamed for it.
    """
    failed: list[str] = []
    left = deque(enumerate(names))
    while left:
        async with open_house() as house:
            while left:
                number, name = left.popleft()
                print(f"[{number + 1}/{len(names)}] {name} … ", end="", flush=True)
                round_ = Round(
                    first_id=FIRST_ID + 100 * number,
                    residents=residents,
                    seed=number,
                    in_turn=name not in OUT_OF_TURN,
                    attended=name in ATTENDED,
                )
                if not await _held(house, name, round_):
                    failed.append(name)
                    break
    return failed


async def _held(house: House, name: str, round_: Round) -> bool:
    begun = time.monotonic()
    try:
        if name in SYSTEMS:
            await prove_system(house, SYSTEMS[name], round_)
        else:
            await prove(house, FAULTS[name], round_)
    except TROUBLE:
        print(f"FAILED after {time.monotonic() - begun:.0f} s", flush=True)
        _tell(house)
        return False
    print(f"held, {time.monotonic() - begun:.0f} s", flush=True)
    return True


def _tell(house: House) -> None:
    traceback.print_exc()
    for name, said in house.town.logs().items():
        print(f"--- log of {name}\n{said[-SHOWN:]}", file=sys.stderr)


if __name__ == "__main__":
    main()
