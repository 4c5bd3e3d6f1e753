"""A state file holds the old text or the new one, whatever happens in between."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from alimante.core.files import RESERVE, DiskFiles


class PowerCut(BaseException):
    """Nothing after this runs; no `except OSError` sees it."""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "state.json"
    DiskFiles().replace(path, b"old")
    return path


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_written_is_read(path):
    DiskFiles().replace(path, b"new \x00\xff")
    assert DiskFiles().read(path) == b"new \x00\xff"


def test_folders_are_made_as_needed(tmp_path):
    DiskFiles().replace(tmp_path / "a" / "b" / "state.json", b"x")
    assert (tmp_path / "a" / "b" / "state.json").read_bytes() == b"x"


def test_only_the_owner_may_read_it_and_nothing_else_is_left(path):
    old = os.umask(0)
    try:
        DiskFiles().replace(path, b"new")
    finally:
        os.umask(old)
    assert mode_of(path) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("target", ["os.fsync", "pathlib.Path.rename"])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "input/output error"), OSError(errno.ENOSPC, "full")], ids=repr)
def test_an_error_before_the_rename_leaves_the_old_file_and_no_rubbish(path, mocker, target, error):
    mocker.patch(target, side_effect=error)
    with pytest.raises(OSError, match=str(error.strerror)):
        DiskFiles().replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("target", ["os.fsync", "pathlib.Path.rename"])
def test_a_power_cut_before_the_rename_leaves_the_old_file(path, mocker, target):
    mocker.patch(target, side_effect=PowerCut)
    with pytest.raises(PowerCut):
        DiskFiles().replace(path, b"new")
    assert path.read_bytes() == b"old"
    mocker.stopall()
    DiskFiles().replace(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert list(path.parent.iterdir()) == [path]


def test_a_longer_leftover_of_a_power_cut_is_overwritten_wholly(path, mocker):
    mocker.patch("pathlib.Path.rename", side_effect=PowerCut)
    with pytest.raises(PowerCut):
        DiskFiles().replace(path, b"x" * 10_000)
    mocker.stopall()
    DiskFiles().replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600


def test_the_data_is_on_the_disk_before_the_name_and_the_name_before_the_return(path, mocker):
    files, steps = DiskFiles(), []
    files.replace(path, b"old")  # the first one also makes sure of the folder
    fsync, rename = os.fsync, Path.rename

    def note_fsync(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_rename(self, target):
        steps.append("rename")
        return rename(self, target)

    mocker.patch("os.fsync", note_fsync)
    mocker.patch.object(Path, "rename", note_rename)
    files.replace(path, b"new")
    assert steps == ["file", "rename", "folder"]


def test_a_missing_file_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        DiskFiles().read(tmp_path / "none")


def test_no_file_descriptor_leaks_on_errors(path, mocker):
    before = len(list(Path("/proc/self/fd").iterdir()))
    mocker.patch("os.fsync", side_effect=OSError(errno.EIO, "input/output error"))
    for _ in range(5):
        with pytest.raises(OSError, match="input"):
            DiskFiles().replace(path, b"new")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_leftovers_of_the_dead_are_swept_up_to_a_limit_and_nothing_else(path):
    folder, me = path.parent, threading.get_native_id()
    for number in range(7):
        (folder / f".a{number}.json.999999999.new").write_bytes(b"x")
    kept = {path.name, f".b.json.{me}.new", "c.new", ".profile", ".d.old"}
    for name in kept - {path.name}:
        (folder / name).write_bytes(b"x")
    (folder / ".folder.new").mkdir()
    (folder / ".e.json.new").write_bytes(b"x")  # as writers without a number called theirs
    files = DiskFiles()
    assert [files.sweep(folder, most=5) for _ in range(3)] == [5, 3, 0]
    assert {each.name for each in folder.iterdir()} == kept | {".folder.new"}
    assert files.sweep(folder / "none", most=5) == 0


def test_a_leftover_that_is_another_name_of_what_counts_is_not_emptied(path, mocker):
    """As a rename that was cut off may leave it on a simple file system."""
    temporary = path.with_name(f".{path.name}.{threading.get_native_id()}.new")
    temporary.hardlink_to(path)
    mocker.patch("os.write", side_effect=PowerCut)
    with pytest.raises(PowerCut):
        DiskFiles().replace(path, b"new")
    assert path.read_bytes() == b"old"


def test_two_who_write_the_same_file_at_once_do_not_mix(path, mocker):
    """Clean-up after a death is done by the guard and by the service manager, each as a process of its own."""
    fsync, both = os.fsync, threading.Barrier(2, timeout=20)

    def together(descriptor):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            both.wait()
        fsync(descriptor)

    mocker.patch("os.fsync", together)
    errors = []

    def write(data):
        try:
            DiskFiles().replace(path, data)
        except OSError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(letter * 100_000,)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    assert path.read_bytes() in (b"a" * 100_000, b"b" * 100_000)
    assert list(path.parent.iterdir()) == [path]


def test_a_reserve_is_given_up_for_a_replacement(path, mocker):
    files = DiskFiles()
    files.keep_reserve(path.parent, size_bytes=5000)
    assert (path.parent / RESERVE).stat().st_size == 5000
    write = os.write

    def full(descriptor, data):
        if (path.parent / RESERVE).exists():
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, data)

    mocker.patch("os.write", full)
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]
