"""Files are read within a limit that is checked first, and written whole or not at all."""

import os
from pathlib import Path

import pytest

from civicard.files import (
    FileUnreadable,
    FileUnwritable,
    read_bytes,
    read_text,
    write_all,
    write_whole,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_text_is_read_with_and_without_a_byte_order_mark(mark: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(mark + "标题: 示例\n".encode())
    assert read_text(tmp_path / "a.yaml") == "标题: 示例\n"


def test_two_hundred_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(FileUnreadable, match="200,000,000 bytes") as refusal:
        read_text(path)
    assert refusal.value.code == "file_unreadable"
    assert "未读取" in refusal.value.text.zh


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.yaml", "no such file"), ("folder", "a folder"), ("a\0b", "Cannot read"), ("x" * 300, "too long")],
)
def test_what_is_no_file_is_refused_and_says_why(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileUnreadable, match=said):
        read_text(f"{tmp_path}/{name}")


def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(FileUnreadable, match="device or pipe"):
            read_bytes(path, 10)


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: " + "标题".encode("gb18030"))
    with pytest.raises(FileUnreadable, match="line 2"):
        read_text(tmp_path / "a.yaml")


def test_a_file_is_replaced_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["a.txt"]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(FileUnwritable, match="a folder of that name") as refusal:
        write_whole(tmp_path / "a.txt", b"new")
    assert refusal.value.code == "file_unwritable"
    with pytest.raises(FileUnwritable, match="does not exist"):
        write_whole(tmp_path / "none" / "a.txt", b"new")
    assert names(tmp_path) == ["a.txt"]


def test_several_files_are_written_together_into_a_folder_that_is_made(tmp_path: Path) -> None:
    write_all(tmp_path / "out" / "year", {"a": b"1", "b": b"2"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "year").iterdir()} == {
        "a": b"1",
        "b": b"2",
    }


def test_when_one_of_several_files_fails_none_is_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "c").mkdir()
    with pytest.raises(FileUnwritable, match="a folder of that name") as refusal:
        write_all(tmp_path, {"a": b"new", "c": b"new", "d": b"new"})
    assert f"{tmp_path / 'c'}：" in refusal.value.text.zh
    assert names(tmp_path) == ["a", "c"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_the_file_that_could_not_be_moved_is_the_one_named(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == failing:
            raise PermissionError
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(FileUnwritable, match="you may not write there") as refusal:
        write_all(tmp_path, dict.fromkeys("abc", b"new"))
    assert f"{tmp_path / failing}：" in refusal.value.text.zh
    assert names(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_said_in_our_words(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    for folder in (tmp_path / "out", tmp_path / "out" / "year"):
        with pytest.raises(FileUnwritable, match="a file stands where the folder should be") as refusal:
            write_all(folder, {"a": b"1"})
        assert "却是一个文件" in refusal.value.text.zh
    with pytest.raises(FileUnwritable, match="a file stands where the folder should be"):
        write_whole(tmp_path / "out" / "a", b"1")
    assert (tmp_path / "out").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "/a", "a\0"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match="not the name of a file"):
        write_all(tmp_path / "out", {name: b"1"})
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    old, young = tmp_path / ".civicard-0.part", tmp_path / ".civicard-1.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    write_all(tmp_path, {"a.txt": b"a"})
    assert not old.exists()
    assert young.exists()
