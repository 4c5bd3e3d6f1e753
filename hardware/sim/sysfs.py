"""A simulated tree of the kernel's attributes, in memory; it must not know any layout: that is the chips'."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

from hardware.bus.sysfs import SysfsWire
from hardware.errors import DeviceError, NoAnswer, ValueRefused, WirePermission, WireUnavailable
from hardware.sim.place import Meddle

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class _Attribute:
    read: str | Callable[[], str]
    write: Callable[[str], None] | None


class SimSysfs(SysfsWire):
    """A tree below a root that exists. A folder exists as long as a file is below it."""

    def __init__(self) -> None:
        self._lock = Lock()  # never held while an attribute runs: attributes add and remove others
        self._files: dict[str, _Attribute] = {}
        self._models: dict[str, Any] = {}
        self._meddlers: dict[str, Meddle] = {}
        self._hinder: Callable[[], None] | None = None
        self._shut: Callable[[], None] | None = None
        self._held: dict[str, _Attribute | None] = {}
        self._gone = False
        self._hidden: dict[str, _Attribute] = {}

    def list(self, folder: str = "") -> list[str]:
        """See `SysfsWire`."""
        folder = _inside(folder)
        self._open()
        prefix = f"{folder}/" if folder else ""
        with self._lock:
            self._check_root()
            names = {path.removeprefix(prefix).split("/")[0] for path in self._files if path.startswith(prefix)}
        if folder and not names:
            raise NoAnswer(f"{folder}: no such folder")
        return sorted(names)

    def read(self, path: str) -> str:
        """See `SysfsWire`."""
        source = self._file(path).read
        if self._hinder is not None:
            self._hinder()

        def answer() -> str:
            return source if isinstance(source, str) else source()

        meddle = self._meddlers.get(path.split("/")[0]) if self._meddlers else None
        text: str = answer() if meddle is None else meddle(path, answer)
        return text.removesuffix("\n")

    def write(self, path: str, text: str) -> None:
        """See `SysfsWire`."""
        sink = self._file(path).write
        if sink is None:
            raise WirePermission(f"{path}: read-only")
        sink(text)

    def hold(self, path: str) -> None:
        """See `SysfsWire`."""
        path = _inside(path)
        self._held.setdefault(path, None)
        try:
            self._file(path)
        except DeviceError:
            del self._held[path]
            raise

    def close(self) -> None:
        """Let go of the held files; the tree lives in memory and can be used again."""
        self._held.clear()

    def add(self, path: str, *, read: str | Callable[[], str], write: Callable[[str], None] | None = None) -> None:
        """Put a file at `path`: `read` is its text or makes it, `write` takes what is written; both may raise."""
        with self._lock:
            self._files[_inside(path)] = _Attribute(read, write)

    def meddle(self, folder: str, meddle: Meddle | None) -> None:
        """Let `meddle` stand before every file that is read below `folder` of the root, or nothing again."""
        self._meddlers.pop(folder, None)
        if meddle is not None:
            self._meddlers[folder] = meddle

    def hinder(self, how: Callable[[], None] | None) -> None:
        """Call `how` before each file is read, which may raise a `DeviceError` or take its time; None for nothing."""
        self._hinder = how

    def refuse_to_open(self, how: Callable[[], None] | None) -> None:
        """Call `how` whenever a file or folder would need a new descriptor, which may raise; None for nothing."""
        self._shut = how

    def remove(self, path: str) -> None:
        """Take away a file or a whole folder; a missing one is no error."""
        path = _inside(path)
        with self._lock:
            for name in [name for name in self._files if name == path or name.startswith(f"{path}/")]:
                del self._files[name]

    def hide(self, folder: str) -> None:
        """Take a folder away for now, with whatever is wrong with its files."""
        prefix = f"{_inside(folder)}/"
        with self._lock:
            for name in [name for name in self._files if name.startswith(prefix)]:
                self._hidden[name] = self._files.pop(name)

    def show_hidden(self) -> None:
        """Bring back what was hidden, as it was."""
        with self._lock:
            self._files.update(self._hidden)
            self._hidden.clear()

    def model(self, name: str, make: Callable[[], Model]) -> Model:
        """The one model called `name` behind this tree, made at the first call: several devices may share it."""
        if name not in self._models:
            self._models[name] = make()
        model: Model = self._models[name]
        return model

    def vanish(self, gone: bool) -> None:
        """Take the root away, as when the kernel's module is not loaded, or bring it back with all its files."""
        with self._lock:
            self._gone = gone

    def _file(self, path: str) -> _Attribute:
        path = _inside(path)
        with self._lock:
            self._check_root()
            if path not in self._files:
                raise NoAnswer(f"{path}: no such file")
            file = self._files[path]
        if not self._held or self._held.get(path) is not file:
            self._open()
            if path in self._held:
                self._held[path] = file
        return file

    def _open(self) -> None:
        if self._shut is not None:
            self._shut()

    def _check_root(self) -> None:
        if self._gone:
            raise WireUnavailable("the tree is not there")


@lru_cache(maxsize=256)
def _inside(path: str) -> str:
    """`path` without empty and `.` parts; raises `ValueRefused` when it leads out of the tree."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts:
        raise ValueRefused(f"{path}: outside of the tree")
    return "/".join(parts)
