from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.package import PackageError, archive, package

FUNCTIONS = Path(__file__).parents[2] / "lambda_src"


@pytest.fixture
def function(tmp_path: Path) -> tuple[Path, Path]:
    """A function and its shared package, as small as they can be."""
    source, shared = tmp_path / "read", tmp_path / "shared"
    source.mkdir()
    shared.mkdir()
    (source / "handler.py").write_bytes(b"def handler(event, context):\n    return {}\n")
    (source / "a.py").write_bytes(b"X = 1\r\n")
    (shared / "__init__.py").write_bytes(b"")
    return source, shared


def test_a_package_is_the_same_bytes_on_every_machine(function: tuple[Path, Path]) -> None:
    digest = hashlib.sha256(package(*function)).hexdigest()
    assert digest == "9fc22ac9664687b6940d086c9a3a33e852f768e0d56263b0a699a8e81d96335a"


def test_a_package_holds_the_handler_at_the_top_and_shared_beside_it(function: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(io.BytesIO(package(*function))) as content:
        assert [
            (
                entry.filename,
                entry.date_time,
                entry.external_attr >> 16,
                entry.create_system,
                entry.compress_type,
            )
            for entry in content.infolist()
        ] == [
            (name, (1980, 1, 1, 0, 0, 0), 0o100644, 3, zipfile.ZIP_STORED)
            for name in ("a.py", "handler.py", "shared/__init__.py")
        ]
        assert content.read("a.py") == b"X = 1\r\n"


def test_caches_byte_code_hidden_files_and_readmes_stay_out(function: tuple[Path, Path]) -> None:
    before = package(*function)
    for folder in function:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "handler.cpython-312.pyc").write_bytes(b"1")
        (folder / "old.pyc").write_bytes(b"1")
        (folder / ".DS_Store").write_bytes(b"1")
        (folder / "README.md").write_bytes(b"1")
        (folder / ".cache").mkdir()
        (folder / ".cache" / "x.py").write_bytes(b"1")
    assert package(*function) == before


def test_times_and_modes_of_the_files_do_not_matter(function: tuple[Path, Path]) -> None:
    before = package(*function)
    os.utime(function[0] / "handler.py", (1, 1))
    (function[0] / "handler.py").chmod(0o700)
    assert package(*function) == before


def test_a_changed_line_changes_the_package(function: tuple[Path, Path]) -> None:
    before = package(*function)
    (function[1] / "__init__.py").write_bytes(b"\n")
    assert package(*function) != before


NAMES = st.text("abcxyzäß_", min_size=1, max_size=8).map(lambda stem: f"{stem}.py")


@given(files=st.dictionaries(NAMES, st.binary(max_size=200)), order=st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_given_does_not_matter(files: dict[str, bytes], order: object) -> None:
    shuffled = list(files.items())
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert archive(dict(shuffled)) == archive(files)


@settings(max_examples=25, deadline=None)
@given(
    files=st.dictionaries(NAMES.filter(lambda name: name != "shared.py"), st.binary(max_size=50), max_size=5),
    moments=st.lists(st.integers(0, 2**31), min_size=6, max_size=6),
    reverse=st.booleans(),
)
def test_the_order_of_creation_and_the_times_of_files_do_not_matter(
    files: dict[str, bytes], moments: list[int], reverse: bool
) -> None:
    def built(names: list[str], times: list[int]) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            source, shared = Path(folder, "write"), Path(folder, "shared")
            source.mkdir()
            shared.mkdir()
            (shared / "__init__.py").write_bytes(b"")
            for name, moment in zip(names, times, strict=False):
                (source / name).write_bytes(content[name])
                os.utime(source / name, (moment, moment))
            return package(source, shared)

    content = {**files, "handler.py": b"def handler(event, context): ...\n"}
    names = sorted(content)
    assert built(names, moments) == built(names[::-1] if reverse else names, moments[::-1])


@pytest.mark.parametrize("name", ["read", "write", "health"])
def test_the_packaged_function_can_be_imported_from_its_zip_alone(name: str, tmp_path: Path) -> None:
    zip_file = tmp_path / f"{name}.zip"
    zip_file.write_bytes(package(FUNCTIONS / name, FUNCTIONS / "shared"))
    program = (
        f"import sys; sys.path.insert(0, {str(zip_file)!r})\n"
        "import handler, shared.entry\n"
        "print(handler.__file__); print(shared.entry.__file__); print(callable(handler.handler))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", program],
        cwd=tmp_path,
        env={"AWS_REGION": "us-west-2", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        [f"{zip_file}/handler.py", f"{zip_file}/shared/entry.py", "True"],
        "",
    )


def test_a_function_without_a_handler_is_refused_by_path(function: tuple[Path, Path]) -> None:
    source, shared = function
    (source / "handler.py").unlink()
    with pytest.raises(PackageError) as raised:
        package(source, shared)
    assert str(raised.value) == (
        f"{source}/handler.py does not exist: a function needs a handler.py with handler(event, context)"
    )


def test_shared_code_that_is_no_package_is_refused_by_path(function: tuple[Path, Path]) -> None:
    source, shared = function
    (shared / "__init__.py").unlink()
    with pytest.raises(PackageError) as raised:
        package(source, shared)
    assert (
        str(raised.value) == f"{shared}/__init__.py does not exist: the shared code must be a Python package"
    )


@pytest.mark.parametrize("name", ["shared", "shared.py"])
def test_a_function_with_a_shared_of_its_own_is_refused(function: tuple[Path, Path], name: str) -> None:
    source, shared = function
    (source / name).mkdir()
    with pytest.raises(PackageError) as raised:
        package(source, shared)
    assert (
        str(raised.value)
        == f"{source} has a shared of its own, which would hide the shared package: rename it"
    )


def test_a_function_takes_along_the_distributions_that_it_names(function: tuple[Path, Path]) -> None:
    source, shared = function
    (source / "requirements.txt").write_text("# the driver\nsix\npython-dateutil\n")
    with zipfile.ZipFile(io.BytesIO(package(source, shared))) as content:
        names = set(content.namelist())
    assert {"six.py", "dateutil/parser/_parser.py", "handler.py"} <= names
    assert not {name for name in names if name.endswith((".pyc", "RECORD", "METADATA"))}
    assert {name for name in names if "dist-info" in name} == {
        name for name in names if "LICENSE" in name.upper()
    }


def test_a_distribution_that_is_not_installed_is_named_with_what_to_do(function: tuple[Path, Path]) -> None:
    source, shared = function
    (source / "requirements.txt").write_text("no-such-driver\n")
    with pytest.raises(PackageError, match=r"names no-such-driver, which is not installed: add it to"):
        package(source, shared)


def test_a_distribution_with_compiled_code_is_refused(function: tuple[Path, Path]) -> None:
    source, shared = function
    (source / "requirements.txt").write_text("pyyaml\n")
    with pytest.raises(PackageError, match="names pyyaml, which is not Python alone"):
        package(source, shared)
