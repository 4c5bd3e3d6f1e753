"""From a file to a configuration, or to all its faults at once with their places; it must not say what is a fault."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from alimante.config.build import Built, build
from alimante.config.devices import Found
from alimante.config.faults import ConfigInvalid, Fault, Problem, one_line, pointer
from alimante.config.flaws import Flaw
from alimante.config.model import Config
from alimante.config.positions import line_and_column, locate
from alimante.config.syntax import Unreadable
from alimante.config.text import MAX_BYTES, decode, parse
from hardware.board import Board, detect

__all__ = ["Config", "ConfigInvalid", "Fault", "Loaded", "load", "load_as", "load_text"]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A sound configuration, what still deserves a look, and the text it was read from.

    `sha256` is of the file's bytes, in hexadecimal digits.
    """

    config: Config
    warnings: tuple[Fault, ...]
    sha256: str
    text: str


def load(path: Path, *, simulation_model: type[BaseModel] | None = None, board: Board | None = None) -> Loaded:
    """The configuration in the file at `path`.

    `simulation_model` judges the key `simulation`, which otherwise passes as it is. `board` is what "auto" means; by
    default it is the board that this computer is. Raises `ConfigInvalid` with every error, also for a file that cannot
    be read.
    """
    return load_bytes(file_bytes(path), simulation_model=simulation_model, board=board)


def load_text(text: str, *, simulation_model: type[BaseModel] | None = None, board: Board | None = None) -> Loaded:
    """As `load`, for a text that is at hand."""
    return load_bytes(text.encode(errors="surrogatepass"), simulation_model=simulation_model, board=board)


def load_bytes(data: bytes, *, simulation_model: type[BaseModel] | None = None, board: Board | None = None) -> Loaded:
    """As `load`, for the bytes of a file."""
    text, value, flaws = _parsed(data)
    built = build(
        value,
        board=board or detect(lambda name: Path(name).read_text()),
        flawed=frozenset(flaw.problem.place for flaw in flaws),
        simulation_model=simulation_model,
    )
    return _result(built, text, flaws, sha256(data).hexdigest())


def load_as(path: Path, model: type[Model], judge: Callable[[Model], Iterable[Problem]]) -> Model:
    """Another JSON file than a configuration, with the same care: what it says as a `model`.

    `judge` finds what the model cannot. Raises `ConfigInvalid` with every error.
    """
    text, value, flaws = _parsed(file_bytes(path))
    found = Found(flawed=frozenset(flaw.problem.place for flaw in flaws))
    said = found.take(model, value, ()) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        found.errors.append(Problem((), "the file must hold an object {…}"))
    if said is not None:
        found.errors += judge(said)
    if said is None or found.errors or flaws:
        flawed = [_fault(text, flaw.offset, flaw.problem) for flaw in flaws]
        raise ConfigInvalid(_sorted([*flawed, *_placed(text, found.errors)]))
    return said


def file_bytes(path: Path) -> bytes:
    """What the file at `path` holds, up to one byte more than a configuration may have. Raises `ConfigInvalid`."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigInvalid((_unreadable(path, error),)) from None


def _parsed(data: bytes) -> tuple[str, Any, list[Flaw]]:
    """The text, what it says as plain JSON values, and what is wrong with single ones of them."""
    text = ""
    try:
        text = decode(data)
        return text, *parse(text)
    except Unreadable as error:
        raise ConfigInvalid(
            (_fault(text or _lossy(data), error.offset, Problem((), error.message, error.hint)),)
        ) from None


def _result(built: Built, text: str, flaws: list[Flaw], digest: str) -> Loaded:
    config = built.config
    if config is None:
        flawed = [_fault(text, flaw.offset, flaw.problem) for flaw in flaws]
        placed = _placed(text, [*built.errors, *built.warnings])
        errors, warnings = placed[: len(built.errors)], placed[len(built.errors) :]
        raise ConfigInvalid(_sorted([*flawed, *errors]), _sorted(warnings))
    found = [*built.warnings, *_open_secrets(config)]
    return Loaded(config=config, warnings=_sorted(_placed(text, found)), sha256=digest, text=text)


def _open_secrets(config: Config) -> Iterator[Problem]:
    """Secrets in files that others than their owner may read."""
    secret = config.mqtt.password
    if secret is None or secret.file is None:
        return
    try:
        mode = Path(secret.file).stat().st_mode
    except (OSError, ValueError):
        return  # whoever needs the secret says so
    if mode & 0o077:
        path = ("mqtt", "password", "file")
        yield Problem(path, f"others may read the secret in {secret.file}", f"chmod 600 {secret.file}")


def _placed(text: str, problems: list[Problem]) -> list[Fault]:
    places = locate(text, (problem.path for problem in problems)) if problems else {}
    return [_fault(text, places[problem.path][0 if problem.at_key else 1], problem) for problem in problems]


def _sorted(faults: list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))


def _fault(text: str, offset: int, problem: Problem) -> Fault:
    line, column = line_and_column(text, offset)
    message, hint = one_line(problem.message), one_line(problem.hint)
    return Fault(pointer=pointer(problem.path), line=line, column=column, message=message, hint=hint)


def _lossy(data: bytes) -> str:
    return data[:MAX_BYTES].decode("utf-8-sig", errors="replace")


def _unreadable(path: Path, error: OSError | ValueError) -> Fault:
    if isinstance(error, FileNotFoundError):
        message = f"there is no file {path}"
    elif isinstance(error, IsADirectoryError):
        message = f"{path} is a folder, not a file"
    elif isinstance(error, PermissionError):
        message = f"this user may not read {path}"
    else:
        message = f"{path} cannot be read: {error}"
    return Fault(pointer="", line=1, column=1, message=message)
