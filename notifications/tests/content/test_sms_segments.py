"""How many SMS a text takes: 3GPP TS 23.038 and TS 23.040."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from notifications.content.sms_segments import count

SCRIPT = Path(__file__).parents[2] / "static/notifications/segments.js"
CASES = [
    ("", "GSM-7", 0, 1),
    ("a" * 160, "GSM-7", 160, 1),
    ("a" * 161, "GSM-7", 161, 2),
    ("a" * 306, "GSM-7", 306, 2),
    ("a" * 307, "GSM-7", 307, 3),
    ("€" * 80, "GSM-7", 160, 1),
    ("a" + "€" * 80, "GSM-7", 161, 2),
    # An escape and its character stay together: 152 places, then 2 that do not fit into 153.
    ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
    ("@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", "GSM-7", 30, 1),
    ("ç", "UCS-2", 1, 1),
    ("ж" * 70, "UCS-2", 70, 1),
    ("ж" * 71, "UCS-2", 71, 2),
    ("ж" * 134, "UCS-2", 134, 2),
    ("ж" * 135, "UCS-2", 135, 3),
    ("👍" * 35, "UCS-2", 70, 1),
    ("👍" * 67, "UCS-2", 134, 3),  # 33 pairs in each: none is divided
]


@pytest.mark.parametrize(("text", "encoding", "places", "segments"), CASES)
def test_the_server_counts(text, encoding, places, segments):
    found = count(text)
    assert (found.encoding, found.places, found.segments) == (encoding, places, segments)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_browser_counts_the_same():
    texts = json.dumps([case[0] for case in CASES])
    script = SCRIPT.read_text().replace(
        'document.addEventListener("DOMContentLoaded", () => {',
        (f"console.log(JSON.stringify({texts}.map(count))); (() => {{"),
    )
    command = [str(shutil.which("node")), "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counted = [(e["encoding"], e["places"], e["parts"]) for e in json.loads(done.stdout)]
    assert counted == [case[1:] for case in CASES]
