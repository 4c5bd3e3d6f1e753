"""Processes for runs that know nothing of one another; it must not know what they do."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from alimante.commands.loading import load_whole
from alimante.config.model import Config


def cores() -> int:
    """How many processes can work at once."""
    return len(os.sched_getaffinity(0))


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """`count` processes; whoever leaves with an error, or with Ctrl-C, waits for none of them."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=spawn, initializer=_prepare) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@lru_cache
def config_in(path: Path) -> Config:
    """The configuration in the file at `path`, read once in each process."""
    return load_whole(path).config


def _prepare() -> None:
    """In each process: no log, and who interrupts the program means the first process."""
    logging.getLogger("alimante").setLevel(logging.CRITICAL + 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
