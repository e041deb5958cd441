from __future__ import annotations

import subprocess
import sys

import pytest

from tests import times


def test_times_are_added_by_file() -> None:
    one = {"tests/e2e/test_a.py": (1, 2.0, 3.0)}
    other = {"tests/e2e/test_a.py": (1, 1.0, 0.5), "tests/e2e/test_b.py": (4, 1.0, 1.0)}
    assert times.added(one, other) == {
        "tests/e2e/test_a.py": (2, 3.0, 3.5),
        "tests/e2e/test_b.py": (4, 1.0, 1.0),
    }


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("tests/test_times.py", "tests"),
        ("tests/generator/test_hcl.py", "generator"),
        ("tests/generator/pages/test_x.py", "generator"),
        ("tests/modules/edge/test_zone.py", "modules/edge"),
        ("tests/harness/sandbox/services/s3/test_objects.py", "harness/sandbox"),
    ],
)
def test_the_folders_of_large_parts_have_rows_of_their_own(file: str, folder: str) -> None:
    assert times.folder(file) == folder


def test_the_table_has_every_folder_their_sum_and_the_dearest_files() -> None:
    spent = {"tests/e2e/test_a.py": (1, 2.0, 3.0), "tests/generator/test_b.py": (1400, 10.4, 8.0)}
    head = ["| Folder | Tests | Wall | Processor |", "|---|---|---|---|"]
    assert times.table(spent) == [
        *head,
        "| e2e | 1 | 2 s | 3 s |",
        "| generator | 1,400 | 10 s | 8 s |",
        "| sum | 1,401 | 12 s | 11 s |",
        "",
        *head,
        "| tests/generator/test_b.py | 1,400 | 10 s | 8 s |",
        "| tests/e2e/test_a.py | 1 | 2 s | 3 s |",
    ]


def test_processes_that_have_ended_and_that_run_count_too() -> None:
    before = times.processor_seconds()
    work = "import time, sys\nwhile time.process_time() < 0.3: pass\nprint(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        running = times.processor_seconds() - before
        child.communicate()
    assert running >= 0.25
    assert times.processor_seconds() - before >= 0.25
