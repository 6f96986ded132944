"""What a run of the suite says at its end."""

import subprocess
import sys

from tests.summary import lines


def test_a_run_says_which_tests_were_not_among_it():
    left_out = {"browser": 7, "faults": 1, "": 3}
    assert list(lines(left_out)) == [
        "not run here: 3 tests deselected by the command line",
        "not run here: 7 tests marked browser (make test-browser)",
        "not run here: 1 test marked faults (make test)",
    ]


def test_workers_say_it_to_the_one_that_prints(tmp_path):
    test = tmp_path / "test_one.py"
    test.write_text("import pytest\n\n@pytest.mark.browser\ndef test_one(): pass\n")
    arguments = ["-c", "/dev/null", "-p", "no:django", "-p", "tests.summary", "-n", "1"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "-m", "not browser", str(test)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "not run here: 1 test marked browser (make test-browser)" in ran.stdout
