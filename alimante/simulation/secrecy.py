"""Listens for planted secrets in everything that leaves a simulated supervisor; it must not keep what it hears."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alimante.config.keys import Secret

PASSWORD: Final = "planted-password-7f3a91c2"  # noqa: S105 - it opens a broker in memory
USER: Final = "alimante"
PLACE: Final = Secret(file=str(Path("/secret/mqtt.password")))
"""Where a simulated configuration says that its password stands."""

Tell = Callable[[str], None]


class Secrecy:
    """Tells, once for each place, where a secret was heard."""

    def __init__(self, secrets: tuple[str, ...], tell: Tell) -> None:
        self._texts = secrets
        self._bytes = tuple(secret.encode() for secret in secrets)
        self._tell = tell

    def text(self, where: str, said: str) -> None:
        """Somebody said `said`."""
        for secret in self._texts:
            if secret in said:
                self._tell(where)

    def data(self, where: str, data: bytes) -> None:
        """The same in bytes."""
        for secret in self._bytes:
            if secret in data:
                self._tell(where)


class _Ear(logging.Handler):
    def __init__(self, secrecy: Secrecy) -> None:
        super().__init__()
        self._secrecy = secrecy
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Listen, and say nothing further."""
        self._secrecy.text("the log", self.format(record))


@contextmanager
def overheard(secrecy: Secrecy) -> Iterator[None]:
    """Meanwhile nothing of Alimante's log is shown: what happens is in the report. It is listened to instead."""
    log = logging.getLogger("alimante")
    ear, level, propagate = _Ear(secrecy), log.level, log.propagate
    log.addHandler(ear)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(ear)
        log.setLevel(level)
        log.propagate = propagate
