"""requirements/set_up.py: uv installs with pip's settings; pip does when uv cannot."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

REQUIREMENTS = Path(__file__).parents[1] / "requirements"


def _loaded() -> ModuleType:
    specification = importlib.util.spec_from_file_location("set_up", REQUIREMENTS / "set_up.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


set_up = _loaded()


def test_a_variable_of_pip_is_stronger_than_a_section_and_a_section_than_the_global_one() -> None:
    listed = "\n".join(
        [
            ":env:.find-links='/srv/wheels /opt/wheels'",
            "global.find-links='/global'",
            "install.index-url='https://packages.example/simple'",
            "global.index-url='https://other.example/simple'",
            "freeze.timeout='10'",
            "a line that is no setting",
        ]
    )
    assert set_up.parsed(listed) == {
        "find-links": "/srv/wheels /opt/wheels",
        "index-url": "https://packages.example/simple",
    }


def test_uv_is_told_of_pips_indexes_in_its_own_variables() -> None:
    settings = {
        "index-url": "https://packages.example/simple",
        "extra-index-url": "https://a.example/simple\nhttps://b.example/simple",
        "find-links": "/srv/wheels /opt/wheels",
        "constraint": "/etc/constraints.txt",
    }
    assert set_up.uv_environment(settings, {"PATH": "/bin"}) == {
        "PATH": "/bin",
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_FIND_LINKS": "/srv/wheels,/opt/wheels",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_a_variable_of_uvs_own_stays_as_it_is() -> None:
    environment = set_up.uv_environment({"index-url": "https://pip.example"}, {"UV_DEFAULT_INDEX": "mine"})
    assert environment["UV_DEFAULT_INDEX"] == "mine"


def environment_with(folder: Path, *, uv: str | None) -> Path:
    """A folder like a virtual environment, whose pip and uv write down how they were called."""
    (folder / "bin").mkdir(parents=True)
    log = folder / "log"
    scripts = {"python": f'echo "$@" >> {log}\n'}
    if uv is not None:
        scripts["uv"] = f"echo uv >> {log}\necho no such index >&2\n{uv}\n"
    for name, script in scripts.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}")
        (folder / "bin" / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("uv", "expected"),
    [("exit 0", True), ("exit 2", False), (None, False)],
    ids=["good", "failing", "missing"],
)
def test_whether_uv_could_do_it_is_known_and_a_failure_is_silent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], uv: str | None, expected: bool
) -> None:
    folder = environment_with(tmp_path / "venv", uv=uv)
    assert set_up.installed_by_uv(folder, [REQUIREMENTS / "runtime.txt"]) is expected
    assert capfd.readouterr() == ("", "")


def test_pip_installs_what_uv_could_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "venv"
    monkeypatch.setattr(set_up.venv, "create", lambda path, **_: environment_with(Path(path), uv="exit 2"))
    assert set_up.main([str(folder), "runtime", "test"]) == 0
    calls = (folder / "log").read_text().splitlines()
    assert calls[-1].endswith(
        f"install --require-hashes -r {REQUIREMENTS / 'runtime.txt'} -r {REQUIREMENTS / 'test.txt'}"
    )
    assert "uv" in calls
    assert capfd.readouterr().err == ""


def test_an_old_python_is_told_which_it_must_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(set_up.sys, "version_info", (3, 10, 1))
    assert set_up.main([str(tmp_path / "venv"), "runtime"]) == 2
    assert "PYTHON=python3.12" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "venv").write_text("in the way")
    assert set_up.main([str(tmp_path / "venv"), "runtime"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "venv cannot be made: " in line


def test_an_environment_is_made_over_an_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a change of a requirements file."""
    monkeypatch.setattr(set_up, "installed_by_uv", lambda folder, files: True)
    folder = tmp_path / "venv"
    assert [set_up.main([str(folder), "runtime"]) for _ in range(2)] == [0, 0]
    assert (folder / "bin" / "python3").exists()


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-I", str(REQUIREMENTS / "set_up.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ModuleNotFoundError" not in done.stderr


@pytest.mark.parametrize("name", ["uv", "runtime", "test", "policy"])
def test_every_requirement_is_pinned_with_hashes_and_no_index_is_named(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    pins = re.findall(r"^[a-z0-9][^=\s]*==\S+.*\\\n {4}--hash=sha256:", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0
    assert re.findall(r"^--.*|https?://\S+", text, re.MULTILINE) == []
