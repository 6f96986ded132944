"""A long file takes no more memory than a short one (requirement B4, aim P6)."""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

CHILD = """
import faulthandler, io, json, sys, django
faulthandler.dump_traceback_later(90, exit=True)  # where it stands, rather than nothing
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.db import connection
from clinical.imports.patients import PatientImporter
from core.imports import run

class Rows(io.RawIOBase):
    # The file is made while it is read, so that only the importer's own memory counts.
    def __init__(self, rows):
        self.parts = (f"Ana,Paz,1990-01-01,ana{n}@ejemplo.com,{n}\\n" for n in range(rows))
        self.rest = b"first_name,last_name,birth_date,email,id\\n"
    def readable(self):
        return True
    def readinto(self, buffer):
        part = self.rest or next(self.parts, "").encode()
        self.rest = part[len(buffer):]
        buffer[:len(part[:len(buffer)])] = part[:len(buffer)]
        return len(part[:len(buffer)])

def peak(rows):
    report = run(PatientImporter(), io.BufferedReader(Rows(rows)), by="user:test", dry_run=True)
    assert report.created == rows, report
    # Not ru_maxrss: a child begins with that of its parent.
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

print(json.dumps([peak(2_000), peak(12_000)]))
"""


@pytest.mark.faults  # a process of its own: it runs before tables are full of what others left
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.django_db(transaction=True)
def test_B4_12_000_rows_take_no_more_memory_than_2_000():
    done = subprocess.run(
        [sys.executable, "-c", CHILD, connection.settings_dict["NAME"]],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    short, long = json.loads(done.stdout.splitlines()[-1])
    assert long - short < 5
    assert long < 150
