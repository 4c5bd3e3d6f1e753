"""What every attribute tree does: the simulated one and real files below a folder."""

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.bus.sysfs import SysfsWire
from hardware.errors import NoAnswer, TransferError, ValueRefused, WireUnavailable
from hardware.linux.sysfs import LinuxSysfs
from hardware.sim.sysfs import SimSysfs

FILES = {
    "28-0123456789ab/temperature": "23125\n",
    "28-0123456789ab/resolution": "12\n",
    "28-0123456789ab/driver/name": "w1_slave\n",
    "28-00000000000a/temperature": "",
    "w1_bus_master1/two_lines": "50 05 YES\n50 05 t=85000\n",
}
PROBE = "28-0123456789ab"


@dataclass
class Bench:
    wire: SysfsWire
    remove: Callable[[str], None]
    vanish: Callable[[], None]
    put_back: Callable[[str], None]
    no_descriptor_left: Callable[[], AbstractContextManager[None]]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def limited() -> Iterator[None]:
    """This process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def simulated(tmp_path: Path) -> Bench:
    wire = SimSysfs()
    texts = dict(FILES)

    def put(path: str) -> None:
        wire.add(path, read=lambda: texts[path], write=lambda text: texts.update({path: text}))

    for path in FILES:
        put(path)

    def refuse() -> None:
        raise TransferError("Too many open files")

    @contextmanager
    def shut() -> Iterator[None]:
        wire.refuse_to_open(refuse)
        yield
        wire.refuse_to_open(None)

    return Bench(wire, wire.remove, lambda: wire.vanish(True), put, shut)


def linux(tmp_path: Path) -> Bench:
    root = tmp_path / "devices"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (tmp_path / "secret").write_text("not for drivers")
    return Bench(
        LinuxSysfs(root),
        lambda path: (root / path).unlink(),
        lambda: root.rename(tmp_path / "gone") and None,
        lambda path: (root / path).write_text(FILES[path]) and None,
        limited,
    )


@pytest.fixture(params=[simulated, linux])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench: Bench = request.param(tmp_path)
    yield bench
    bench.wire.close()


def test_the_root_lists_its_folders_sorted(bench: Bench) -> None:
    assert bench.wire.list() == ["28-00000000000a", "28-0123456789ab", "w1_bus_master1"]


def test_a_folder_lists_files_and_folders_in_it_only(bench: Bench) -> None:
    assert bench.wire.list(PROBE) == ["driver", "resolution", "temperature"]
    assert bench.wire.list(f"{PROBE}/driver") == ["name"]


def test_a_text_comes_without_its_line_end(bench: Bench) -> None:
    assert bench.wire.read(f"{PROBE}/temperature") == "23125"
    assert bench.wire.read("w1_bus_master1/two_lines") == "50 05 YES\n50 05 t=85000"


def test_an_empty_file_is_an_empty_text(bench: Bench) -> None:
    assert bench.wire.read("28-00000000000a/temperature") == ""


def test_a_written_text_replaces_the_old_one(bench: Bench) -> None:
    bench.wire.write(f"{PROBE}/resolution", "9")
    assert bench.wire.read(f"{PROBE}/resolution") == "9"


@pytest.mark.parametrize("path", ["28-ffffffffffff/temperature", f"{PROBE}/nonsense", f"{PROBE}/temperature/x", PROBE])
def test_what_is_no_file_does_not_answer(bench: Bench, path: str) -> None:
    with pytest.raises(NoAnswer, match=path):
        bench.wire.read(path)
    with pytest.raises(NoAnswer, match=path):
        bench.wire.write(path, "1")


@pytest.mark.parametrize("folder", ["28-ffffffffffff", f"{PROBE}/temperature"])
def test_what_is_no_folder_does_not_answer(bench: Bench, folder: str) -> None:
    with pytest.raises(NoAnswer, match=folder):
        bench.wire.list(folder)


def test_writing_creates_nothing(bench: Bench) -> None:
    with pytest.raises(NoAnswer):
        bench.wire.write(f"{PROBE}/new", "1")
    assert "new" not in bench.wire.list(PROBE)


def test_a_file_that_went_away_does_not_answer(bench: Bench) -> None:
    bench.remove(f"{PROBE}/temperature")
    with pytest.raises(NoAnswer):
        bench.wire.read(f"{PROBE}/temperature")


@pytest.mark.parametrize("path", ["../secret", "28-0123456789ab/../../secret", "/etc/hostname", ".."])
def test_no_path_leads_out_of_the_tree(bench: Bench, path: str) -> None:
    for use in (lambda: bench.wire.read(path), lambda: bench.wire.write(path, "1"), lambda: bench.wire.list(path)):
        with pytest.raises(ValueRefused, match="outside"):
            use()


def test_a_missing_root_is_a_wire_that_is_not_there(bench: Bench) -> None:
    bench.vanish()
    for use in (
        lambda: bench.wire.list(),
        lambda: bench.wire.read(f"{PROBE}/temperature"),
        lambda: bench.wire.write(f"{PROBE}/resolution", "9"),
    ):
        with pytest.raises(WireUnavailable):
            use()


def test_without_a_descriptor_only_what_is_held_is_read_and_written(bench: Bench) -> None:
    held, other = f"{PROBE}/resolution", f"{PROBE}/temperature"
    bench.wire.hold(held)
    with bench.no_descriptor_left():
        for text in ("9", "10", "7"):
            bench.wire.write(held, text)
            assert bench.wire.read(held) == text
        for use in (
            lambda: bench.wire.read(other),
            lambda: bench.wire.write(other, "1"),
            lambda: bench.wire.list(PROBE),
            lambda: bench.wire.hold(other),
        ):
            with pytest.raises(TransferError, match="Too many open files"):
                use()
    assert bench.wire.read(other) == "23125"


def test_a_held_file_that_went_away_does_not_answer_and_one_that_came_back_does(bench: Bench) -> None:
    path = f"{PROBE}/resolution"
    bench.wire.hold(path)
    bench.wire.write(path, "9")
    bench.remove(path)
    for use in (lambda: bench.wire.read(path), lambda: bench.wire.write(path, "10"), lambda: bench.wire.read(path)):
        with pytest.raises(NoAnswer):
            use()
    bench.put_back(path)
    bench.wire.write(path, "11")
    with bench.no_descriptor_left():
        assert bench.wire.read(path) == "11"


def test_what_is_no_file_cannot_be_held_and_leaves_nothing_behind(bench: Bench) -> None:
    with pytest.raises(NoAnswer):
        bench.wire.hold(f"{PROBE}/nonsense")
    with pytest.raises(NoAnswer):
        bench.wire.read(f"{PROBE}/nonsense")
    with pytest.raises(ValueRefused, match="outside"):
        bench.wire.hold("../secret")


def test_a_tree_that_was_closed_or_forgotten_keeps_no_descriptor(tmp_path: Path) -> None:
    wire = linux(tmp_path).wire
    before = open_files()
    for _ in range(3):
        wire.hold(f"{PROBE}/resolution")
        wire.hold(f"{PROBE}/temperature")
        assert open_files() == before + 2
        wire.close()
        assert open_files() == before
    wire.hold(f"{PROBE}/resolution")
    del wire
    assert open_files() == before
