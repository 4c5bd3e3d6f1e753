"""The simulated disk keeps what was synced and may lose, mix or tear everything else."""

import errno
from pathlib import Path
from random import Random

import pytest

from alimante.core.files import RESERVE, DiskFiles
from alimante.simulation.disk import SimDisk, all_remains

FOLDER = Path("/state")
FILE = FOLDER / "a.json"
OTHER = FOLDER / "b"
OLD, NEW = b"o" * 100, b"n" * 200


def left(disk: SimDisk, path: Path = FILE) -> set[bytes | None]:
    """Everything that may be in the file after a power cut now."""
    return {contents(remains, path) for remains in all_remains(disk, most=10_000)}


def contents(disk: SimDisk, path: Path) -> bytes | None:
    try:
        return disk.read(path)
    except FileNotFoundError:
        return None


@pytest.fixture
def disk() -> SimDisk:
    disk = SimDisk()
    disk.put(FILE, OLD)
    return disk


def written(disk: SimDisk, path: Path, data: bytes, *, synced: bool) -> None:
    descriptor = disk.create(path)
    disk.write(descriptor, data)
    if synced:
        disk.sync(descriptor)
    disk.close(descriptor)


def sync_folder(disk: SimDisk) -> None:
    descriptor = disk.open_folder(FOLDER)
    disk.sync(descriptor)
    disk.close(descriptor)


def test_programs_see_what_was_written_at_once_and_the_disk_has_it_after_a_sync(disk: SimDisk):
    descriptor = disk.create(OTHER)
    disk.write(descriptor, NEW)
    assert disk.read(OTHER) == NEW
    assert {None, NEW, b"", NEW[:100], bytes(200), NEW[:100] + bytes(100)} <= left(disk, OTHER)
    disk.sync(descriptor)
    sync_folder(disk)
    assert left(disk, OTHER) == {NEW}
    disk.write(descriptor, OLD)
    assert disk.read(OTHER) == NEW + OLD
    assert {NEW, NEW + OLD, bytes(300)} <= left(disk, OTHER)


def test_what_is_there_is_not_created_again(disk: SimDisk):
    with pytest.raises(FileExistsError):
        disk.create(FILE)


def test_a_new_file_may_be_lost_with_its_name_until_the_folder_is_synced(disk: SimDisk):
    written(disk, OTHER, NEW, synced=True)
    assert left(disk, OTHER) == {None, NEW}
    sync_folder(disk)
    assert left(disk, OTHER) == {NEW}


def test_a_rename_may_be_lost_and_each_of_its_halves_alone(disk: SimDisk):
    written(disk, OTHER, NEW, synced=True)
    sync_folder(disk)
    disk.rename(OTHER, FILE)
    found = {(contents(one, FILE), contents(one, OTHER)) for one in all_remains(disk, most=100)}
    assert found == {(OLD, NEW), (NEW, NEW), (NEW, None), (OLD, None)}
    sync_folder(disk)
    assert left(disk) == {NEW}


def test_a_removed_file_may_be_there_again(disk: SimDisk):
    disk.remove(FILE)
    assert left(disk) == {None, OLD}
    sync_folder(disk)
    assert left(disk) == {None}


def test_a_folder_that_is_lost_takes_its_files_with_it(disk: SimDisk):
    disk.make_folder(FOLDER / "n")
    written(disk, FOLDER / "n" / "b", NEW, synced=True)
    descriptor = disk.open_folder(FOLDER / "n")
    disk.sync(descriptor)
    disk.close(descriptor)
    assert left(disk, FOLDER / "n" / "b") == {None, NEW}


def test_a_sync_that_fails_has_written_anything_or_nothing(disk: SimDisk):
    disk.fault = errno.EIO
    with pytest.raises(OSError, match="error"):
        written(disk, OTHER, NEW, synced=True)
    assert {None, NEW, b""} <= left(disk, OTHER)


def test_what_chance_leaves_is_among_what_is_possible(disk: SimDisk):
    written(disk, OTHER, NEW, synced=False)
    possible = left(disk, OTHER)
    seen = set()
    for seed in range(50):
        one = disk.copy()
        one.lose(Random(seed))
        seen.add(contents(one, OTHER))
    assert len(seen) > 3
    assert seen <= possible


def test_files_without_a_name_take_no_room_and_no_memory(disk: SimDisk):
    files = DiskFiles(disk)
    for number in range(100):
        files.replace(FILE, b"%d" % number)
    assert disk.used_bytes == 2
    assert len(disk._bodies) == 1


@pytest.mark.parametrize(("fault", "room"), [(errno.EROFS, None), (errno.EIO, None), (0, 250), (errno.ENOSPC, None)])
def test_a_disk_that_fails_keeps_what_was_there(disk: SimDisk, fault: int, room: int | None):
    disk.fault, disk.room_bytes = fault, room
    with pytest.raises(OSError, match=r"\[Errno"):
        DiskFiles(disk).replace(FILE, NEW)
    assert disk.read(FILE) == OLD
    assert fault == errno.EIO or left(disk) == {OLD}
    disk.fault, disk.room_bytes = 0, None
    DiskFiles(disk).replace(FILE, NEW)
    assert left(disk) == {NEW}


def test_a_full_disk_takes_what_must_be_kept_in_the_room_that_was_reserved(disk: SimDisk):
    files = DiskFiles(disk)
    files.keep_reserve(FOLDER, size_bytes=300)
    disk.fill()
    files.replace(FILE, NEW)
    assert contents(disk, FOLDER / RESERVE) is None
    assert left(disk) == {NEW}
    files.replace(FILE, NEW)  # the room is there for the next one, too
    with pytest.raises(OSError, match="No space"):
        files.keep_reserve(FOLDER, size_bytes=300)
    assert disk.names(FOLDER) == [FILE.name]


def test_a_reserve_that_is_there_is_not_written_again(disk: SimDisk):
    files = DiskFiles(disk)
    for _ in range(3):
        files.keep_reserve(FOLDER, size_bytes=300)
    assert disk.written_bytes == 300


def test_a_slow_disk_lets_its_worker_wait_for_each_sync(disk: SimDisk):
    slept: list[float] = []
    disk.sleep, disk.slow_s = slept.append, 20.0
    files = DiskFiles(disk)
    files.replace(FILE, NEW)
    assert slept == [20.0] * 3  # at the first time also for the folder
    files.replace(FILE, NEW)
    assert slept == [20.0] * 5


def test_of_a_small_disk_half_of_the_reserve_is_kept_or_a_quarter(disk: SimDisk):
    disk.room_bytes = 20_000
    DiskFiles(disk).keep_reserve(FOLDER, size_bytes=64 * 1024)
    assert len(disk.read(FOLDER / RESERVE)) == 16 * 1024
