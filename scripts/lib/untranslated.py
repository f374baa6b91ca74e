"""Names the texts of the given catalogues that still wait for a translator; exit code 1 if any."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.pofile import read_po

waiting = 0
for path in map(Path, sys.argv[1:]):
    with path.open("rb") as source:
        catalogue = read_po(source)
    for message in catalogue:
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(words)):
            waiting += 1
            print(f"{path.parts[-3]}: {message.id}")
    print(f"{path.parts[-3]}: {len(catalogue)} texts")
sys.exit(1 if waiting else 0)
