#!/usr/bin/env python3
"""Whether the web server in this container answers: exit status 0 or 1."""

import http.client
import os
import sys

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", 5000, timeout=4)
try:
    connection.request("GET", "/livez", headers={"Host": host})
    sys.exit(0 if connection.getresponse().status == 200 else 1)
except OSError:
    sys.exit(1)
