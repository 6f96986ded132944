#!/usr/bin/env python3
"""Whether the web server in this container answers 200 to /livez, or to the path that is given:
exit status 0 or 1."""

import http.client
import os
import sys

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", 5000, timeout=4)
try:
    path = sys.argv[1] if len(sys.argv) > 1 else "/livez"
    connection.request("GET", path, headers={"Host": host})
    sys.exit(0 if connection.getresponse().status == 200 else 1)
except OSError:
    sys.exit(1)
