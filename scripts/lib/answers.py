"""Does an address answer with success? ``answers.py URL`` ends with 0 when it does, 1 when not."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:  # noqa: S310 (our own address)
        sys.exit(0 if answer.status == 200 else 1)
except (urllib.error.URLError, TimeoutError, ConnectionError) as refusal:
    print(refusal, file=sys.stderr)
    sys.exit(1)
