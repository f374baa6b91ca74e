"""The mail server of the demonstration: takes every mail and sends none on.

keep_mails.py PORT FOLDER: listens on 127.0.0.1:PORT and keeps each mail as a file in FOLDER/new,
which any mail program reads as a Maildir.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

_LARGEST_BYTES = 64 << 20


def main(port: int, folder: Path) -> int:
    """Serve until told to end."""
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    server = Controller(
        Mailbox(folder),
        hostname="127.0.0.1",
        port=port,
        data_size_limit=_LARGEST_BYTES,
        enable_SMTPUTF8=True,
    )
    server.start()
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
