"""A state file holds the old text or the new one, whatever happens in between."""

import errno
import os
import stat
from pathlib import Path

import pytest

from alimante.core.files import DiskFiles


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
    steps = []
    fsync, rename = os.fsync, Path.rename

    def note_fsync(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_rename(self, target):
        steps.append("rename")
        return rename(self, target)

    mocker.patch("os.fsync", note_fsync)
    mocker.patch.object(Path, "rename", note_rename)
    DiskFiles().replace(path, b"new")
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
