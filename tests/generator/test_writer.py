from __future__ import annotations

from pathlib import Path

import pytest

from generator import estate, writer
from generator.manifest.problems import InputRefused
from generator.writer import Changes


def generated(**files: str) -> dict[str, bytes]:
    found = {name.replace("__", "/"): text.encode() for name, text in files.items()}
    return {**found, estate.INVENTORY: estate.inventory(found)}


def put(folder: Path, wanted: dict[str, bytes]) -> Changes:
    found = writer.changes(folder, wanted)
    writer.write(folder, wanted, found=found)
    return found


def test_a_new_environment_is_written_and_is_then_up_to_date(tmp_path: Path) -> None:
    wanted = generated(edge__main="a", README="b")
    assert put(tmp_path, wanted).create == (".generated.json", "README", "edge/main")
    assert writer.changes(tmp_path, wanted).stale == ()
    assert (tmp_path / "edge/main").read_text() == "a"


def test_changed_input_updates_only_what_differs(tmp_path: Path) -> None:
    put(tmp_path, generated(a="1", b="2"))
    found = put(tmp_path, generated(a="1", b="3"))
    assert found == Changes((), (".generated.json", "b"), (), (), ())
    assert (tmp_path / "b").read_text() == "3"


def test_a_file_that_is_not_ours_is_never_touched_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(InputRefused, match="b: exists and was not generated; move it away"):
        put(tmp_path, generated(a="1", b="2"))
    assert (tmp_path / "b").read_text() == "mine"
    assert not (tmp_path / "a").exists()


def test_a_foreign_file_with_the_same_bytes_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    put(tmp_path, generated(a="1"))
    assert writer.changes(tmp_path, generated(a="1")).stale == ()


def test_an_edit_by_hand_is_refused_until_it_is_forced(tmp_path: Path) -> None:
    put(tmp_path, generated(a="1"))
    (tmp_path / "a").write_text("edited")
    wanted = generated(a="2")
    found = writer.changes(tmp_path, wanted)
    assert found.edited == ("a",)
    with pytest.raises(InputRefused, match="a: was edited by hand since it was generated"):
        writer.write(tmp_path, wanted, found=found)
    assert (tmp_path / "a").read_text() == "edited"
    writer.write(tmp_path, wanted, found=found, overwrite_edited=True)
    assert (tmp_path / "a").read_text() == "2"


def test_what_the_manifest_no_longer_names_is_removed_with_its_empty_folder(tmp_path: Path) -> None:
    put(tmp_path, generated(**{"us-west-2__main.tf": "x", "a": "1"}))
    found = writer.changes(tmp_path, generated(a="1"))
    assert (found.remove, found.removed_stacks) == (("us-west-2/main.tf",), ("us-west-2",))
    writer.write(tmp_path, generated(a="1"), found=found)
    assert not (tmp_path / "us-west-2").exists()


def test_a_folder_that_holds_something_of_yours_outlives_the_stack(tmp_path: Path) -> None:
    put(tmp_path, generated(**{"us-west-2__main.tf": "x"}))
    (tmp_path / "us-west-2/notes.txt").write_text("mine")
    put(tmp_path, generated())
    assert [path.name for path in (tmp_path / "us-west-2").iterdir()] == ["notes.txt"]


def test_a_removed_file_that_was_edited_is_kept_until_forced(tmp_path: Path) -> None:
    put(tmp_path, generated(a="1"))
    (tmp_path / "a").write_text("edited")
    found = writer.changes(tmp_path, generated())
    assert (found.remove, found.edited) == ((), ("a",))


def test_a_deleted_file_makes_the_output_stale(tmp_path: Path) -> None:
    wanted = generated(a="1")
    put(tmp_path, wanted)
    (tmp_path / "a").unlink()
    assert writer.changes(tmp_path, wanted).stale == ("a",)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"files": 3}'])
def test_a_damaged_inventory_is_refused_rather_than_guessed(tmp_path: Path, damage: str) -> None:
    (tmp_path / estate.INVENTORY).write_text(damage)
    with pytest.raises(InputRefused, match=r"\.generated\.json: is damaged"):
        writer.changes(tmp_path, generated(a="1"))


def test_an_inventory_cannot_name_files_outside_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("keep")
    folder = tmp_path / "env"
    folder.mkdir()
    entries = estate.inventory({"../outside": b"keep", "/etc/hostname": b""})
    (folder / estate.INVENTORY).write_bytes(entries)
    put(folder, generated(a="1"))
    assert outside.read_text() == "keep"
