"""`python -m bench [--profile] [FIGURE]`: measures one figure, or all of them.

One line of JSON per figure goes to standard output; how it goes and a table go to standard error.
"""

import argparse
import os

from bench import profiling
from bench.figures import FIGURES, Figure, measured
from bench.report import Measured, note, show, show_table


def main() -> None:
    """Measure what was asked for."""
    names = [figure.name for figure in FIGURES]
    parser = argparse.ArgumentParser(prog="bench", description="Measures the gateway.")
    parser.add_argument("only", nargs="?", choices=names, metavar="FIGURE", help=", ".join(names))
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    asked = parser.parse_args()
    if asked.profile:
        profiling.switch_on()
    load = os.getloadavg()[0]
    if load > 1:
        note(f"Something else keeps this machine busy (load {load:.1f}): figures will be worse.")
    found: list[tuple[Figure, Measured | None]] = []
    for figure, result in measured([each for each in FIGURES if asked.only in {None, each.name}]):
        show(figure, result)
        found.append((figure, result))
    show_table(found)


if __name__ == "__main__":
    main()
