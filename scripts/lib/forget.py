"""Empties what a catalogue left in Solr and Redis: ``forget.py SITE_ID``; addresses by environment.

Only the documents of that site go, since several catalogues may share a core.
"""

import json
import os
import sys
import urllib.request

import redis

site = json.dumps(sys.argv[1])
request = urllib.request.Request(  # noqa: S310 (the address of our own Solr)
    os.environ["IMSS_SOLR_ADDRESS"] + "/update?commit=true",
    data=json.dumps({"delete": {"query": f"site_id:{site}"}}).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=30):  # noqa: S310
    pass
redis.Redis.from_url(os.environ["IMSS_REDIS_ADDRESS"], socket_timeout=30).flushdb()
