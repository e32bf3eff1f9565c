"""`python -m faults [only=NAME] [rounds=N]`: strikes the running product, and proves what is left.

Ends with 0 when every round held, with 1 when one did not.
"""

import argparse
import asyncio
import sys
import time
import traceback

from faults.house import House, open_house
from faults.proof import Round, prove
from faults.strikes import FAULTS, OUT_OF_TURN
from faults.systems import SYSTEMS, prove_system

RESIDENTS = 12
FIRST_ID = 20_000
NAMES = (*FAULTS, *SYSTEMS)
SHOWN = 4_000  # characters of each process's log, the last ones


def main() -> None:
    """Strike with what was asked for."""
    parser = argparse.ArgumentParser(prog="make faults", description="Faults under load.")
    parser.add_argument("--only", default="", help=f"begin of a name: {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=1, help="how often (1)")
    parser.add_argument("--residents", type=int, default=RESIDENTS, help=f"at once ({RESIDENTS})")
    args = parser.parse_args()
    names = [name for name in NAMES if name.startswith(args.only)]
    if not names:
        parser.error(f"no fault begins with {args.only}; there are {', '.join(NAMES)}")
    failed = asyncio.run(run(names * args.rounds, args.residents))
    print(f"{len(names) * args.rounds - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


async def run(names: list[str], residents: int) -> list[str]:
    """Strike with each in turn; return the names of those that left something wrong."""
    failed: list[str] = []
    async with open_house() as house:
        for number, name in enumerate(names):
            print(f"[{number + 1}/{len(names)}] {name} … ", end="", flush=True)
            begun = time.monotonic()
            round_ = Round(
                first_id=FIRST_ID + 100 * number,
                residents=residents,
                seed=number,
                in_turn=name not in OUT_OF_TURN,
            )
            try:
                if name in SYSTEMS:
                    await prove_system(house, SYSTEMS[name], round_)
                else:
                    await prove(house, FAULTS[name], round_)
            except (AssertionError, TimeoutError, OSError):
                failed.append(name)
                print(f"FAILED after {time.monotonic() - begun:.0f} s", flush=True)
                _tell(house)
                await house.mend()
            else:
                print(f"held, {time.monotonic() - begun:.0f} s", flush=True)
    return failed


def _tell(house: House) -> None:
    traceback.print_exc()
    for name, said in house.town.logs().items():
        print(f"--- log of {name}\n{said[-SHOWN:]}", file=sys.stderr)


if __name__ == "__main__":
    main()
