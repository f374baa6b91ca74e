"""The dispatcher behind ``scripts/bench``: runs each bench_NAME module that is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

HELP = """Usage: scripts/bench [{names}] [--json] [options of the benchmark]

Runs the benchmarks that are named, or all there are. Each measures this project against its peer
in the same run, on the same data, and prints the ratio; --json prints the figures as JSON.
scripts/bench NAME --help tells the options of one of them.
Exit code: 0 done; 1 the two did not do the same work; 2 usage; 130 interrupted."""


def main(arguments: Sequence[str]) -> int:
    """The largest exit code of the benchmarks that ran."""
    known = sorted(file.stem[6:] for file in Path(__file__).parent.glob("bench_*.py"))
    names = [name for name in arguments if name in known]
    options = [option for option in arguments if option not in names]
    if not names and {"-h", "--help"} & set(options):
        print(HELP.format(names="|".join(known)))
        return 0
    if arguments and not names and not arguments[0].startswith("-"):
        print(f"No benchmark {arguments[0]}: there are {', '.join(known)}.", file=sys.stderr)
        return 2
    return max(importlib.import_module(f"bench.bench_{n}").main(options) for n in names or known)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
