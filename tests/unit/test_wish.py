"""The configuration file is replaced as a whole, and stays whose it was."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from alimante.core.files import LinuxCalls
from alimante.rollout.wish import put_wish

OLD, NEW = b"old text\n" * 9, b"new text\n" * 7
CALLS = ("create", "write", "sync", "close", "rename", "open_folder")


class Cut(BaseException):
    """The power is gone: nothing that is written for errors is carried out any more."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "alimante.json"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def fail_at(monkeypatch: pytest.MonkeyPatch, count: int, error: BaseException) -> list[str]:
    """Have the call with this number, from 0, fail before it does anything; returns the list of calls."""
    made: list[str] = []

    def failing(name: str, call: Any) -> Any:
        def made_or_not(self: LinuxCalls, *given: Any) -> Any:
            made.append(name)
            if len(made) == count + 1:
                raise error
            return call(self, *given)

        return made_or_not

    for name in CALLS:
        monkeypatch.setattr(LinuxCalls, name, failing(name, getattr(LinuxCalls, name)))
    return made


def calls_of_one(file: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        made = fail_at(patch, 10**6, Cut())
        put_wish(file, NEW)
    file.write_bytes(OLD)
    assert {"create", "rename"} <= set(made)
    return len(made)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_power_cut_leaves_the_old_text_or_the_new_one_and_the_next_writer_no_rest(file: Path):
    seen = set()
    for count in range(calls_of_one(file)):
        file.write_bytes(OLD)
        with pytest.MonkeyPatch.context() as patch:
            fail_at(patch, count, Cut())
            with pytest.raises(Cut):
                put_wish(file, NEW)
        seen.add(file.read_bytes())
        for left in file.parent.glob(".*.new"):  # whoever wrote it is dead, for the power was cut
            left.rename(left.with_name(".alimante.json.4194305.new"))
        put_wish(file, NEW)
        assert [path.name for path in file.parent.iterdir()] == ["alimante.json"]
    assert seen == {OLD, NEW}


def test_a_disk_that_fails_is_told_and_leaves_the_old_text_and_no_rest(file: Path):
    told = 0
    for count in range(calls_of_one(file)):
        file.write_bytes(OLD)
        with pytest.MonkeyPatch.context() as patch:
            made = fail_at(patch, count, OSError(errno.EIO, os.strerror(errno.EIO)))
            try:
                put_wish(file, NEW)
            except OSError:
                told += 1
                assert file.read_bytes() == (NEW if "rename" in made[:-1] else OLD)
            else:
                assert file.read_bytes() == NEW
        assert [path.name for path in file.parent.iterdir()] == ["alimante.json"]
    assert told >= 5  # the folder above may belong to others, so it need not be synced


def test_what_others_keep_beside_it_is_not_touched(file: Path):
    others = [".alimante.json.new", ".alimante.json.77x.new", ".other.json.4194305.new", "alimante.json~"]
    for name in others:
        (file.parent / name).write_bytes(b"mine")
    put_wish(file, NEW)
    assert sorted(path.name for path in file.parent.iterdir()) == sorted([*others, "alimante.json"])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_it_keeps_its_mode_whatever_the_mask_says(file: Path, mode: int):
    file.chmod(mode)
    before = os.umask(0o077)
    try:
        put_wish(file, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_one_that_was_not_there_may_be_read_by_the_supervisor(file: Path):
    file.unlink()
    put_wish(file, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_it_keeps_its_owner(file: Path):
    os.chown(file, 12_345, 12_346)
    put_wish(file, NEW)
    assert (file.stat().st_uid, file.stat().st_gid) == (12_345, 12_346)


def test_an_owner_who_cannot_be_kept_leaves_all_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(descriptor: int, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    opened = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(PermissionError):
        put_wish(file, NEW)
    assert file.read_bytes() == OLD
    assert [path.name for path in file.parent.iterdir()] == ["alimante.json"]
    assert len(list(Path("/proc/self/fd").iterdir())) == opened


def test_a_link_stays_a_link(file: Path, tmp_path: Path):
    link = tmp_path / "link.json"
    link.symlink_to(file)
    put_wish(link, NEW)
    assert link.is_symlink()
    assert file.read_bytes() == NEW
