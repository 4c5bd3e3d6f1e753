"""Runs the tests against each mutant that mutmut makes; what became of them says report.py.

mutmut makes the mutants and keeps what became of each, over runs, as long as its function is as it was. Its own runner
collects the tests anew for each mutant and takes them in any order. Here they are collected once, and each mutant has
a process of its own, which begins with the tests of its own module and the quickest, and ends at the first that fails.
"""

import fnmatch
import gc
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from mutmut.__main__ import collect_source_file_mutation_data, create_mutants
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths
from mutmut.utils.format_utils import mangled_name_from_mutant_name

LONGEST_S = 0.4
"""Processor time of one test: those that take longer are courses of hours, and say little of which rule was broken."""

MOST_S = 2.5
"""Processor time of all tests of one mutant."""

KILLED, SURVIVED, NO_TEST = 1, 0, 33
CODE, MUTANTS = Path("alimante"), Path("mutants")
COVERED = Path("covered.json")

Covered = dict[str, tuple[float, list[str]]]
"""By test: the processor time that it takes in seconds, and the functions that it reaches."""


class Loop:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, wanted: Sequence[str], at_once: int) -> None:
        self._wanted = wanted
        self._at_once = at_once
        self._running: dict[int, tuple[SourceFileMutationData, str]] = {}

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """The first failure ends a mutant."""
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            os._exit(KILLED)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant that is wanted."""
        items = {item.nodeid: item for item in session.items}
        covered = _covered(items)
        _shorten()
        gc.freeze()
        mutants = [
            (data, name)
            for data, name, code in _mutants()
            if code in (None, SURVIVED, NO_TEST) and _is_among(name, self._wanted)
        ]
        begun_s = time.monotonic()
        for number, (data, name) in enumerate(mutants, 1):
            function = mangled_name_from_mutant_name(name)
            tests = _in_order(covered, function)
            if not tests:
                _keep(data, name, NO_TEST)
                continue
            while len(self._running) >= self._at_once:
                self._wait()
            if (pid := os.fork()) == 0:
                limit_s = int(sum(covered[test][0] for test in tests) * 4.0 + 5.0)
                _try(name, [items[test] for test in tests], limit_s)
            self._running[pid] = data, name
            if number % 50 == 0:
                print(f"{number}/{len(mutants)} {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)
        while self._running:
            self._wait()
        return True

    def _wait(self) -> None:
        pid, status = os.wait()
        data, name = self._running.pop(pid)
        _keep(data, name, SURVIVED if status == 0 else KILLED)


def _is_among(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(fnmatch.fnmatch(name, pattern) for pattern in wanted)


def _keep(data: SourceFileMutationData, name: str, code: int) -> None:
    os.chdir("..")
    data.exit_code_by_key[name] = code
    data.save()
    os.chdir(MUTANTS)


def _mutants() -> list[tuple[SourceFileMutationData, str, int | None]]:
    os.chdir("..")
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    os.chdir(MUTANTS)
    return mutants


def _in_order(covered: Covered, function: str) -> list[str]:
    """The tests that reach `function`, as far as there is time for them."""
    own = f"/test_{function.rpartition('.')[0].rpartition('.')[2]}"
    reaching = [test for test, (_, functions) in covered.items() if function in functions]
    found, left_s = [], MOST_S
    for test in sorted(reaching, key=lambda test: (own not in test, covered[test][0])):
        took_s = covered[test][0]
        if took_s <= LONGEST_S and took_s <= left_s:
            found.append(test)
            left_s -= took_s
    return found


def _covered(items: dict[str, pytest.Item]) -> Covered:
    """What each test reaches: those of which it is not known, or that were changed since then, are run once."""
    known: dict[str, Any] = json.loads(COVERED.read_text("utf-8")) if COVERED.exists() else {}
    since_s = COVERED.stat().st_mtime if known else 0.0
    if any(path.stat().st_mtime > since_s for path in (Path("..") / CODE).rglob("*.py")):
        known = {}
    missing = [item for name, item in items.items() if name not in known or Path(item.path).stat().st_mtime > since_s]
    if missing:
        if (pid := os.fork()) == 0:
            _look_what_is_covered(missing, known)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit("A test fails without any mutant.")
        known = json.loads(COVERED.read_text("utf-8"))
    return {name: tuple(known[name]) for name in items}  # type: ignore[misc]


def _look_what_is_covered(items: list[pytest.Item], known: dict[str, Any]) -> None:
    set_mutant_under_test("stats")
    reached = {}
    for item, following in _pairs(items):
        state()._stats.clear()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        reached[item.nodeid] = sorted(state()._stats)
    set_mutant_under_test("")
    _shorten()
    for item, following in _pairs(items):
        begun_s = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        known[item.nodeid] = time.process_time() - begun_s, reached[item.nodeid]
    COVERED.write_text(json.dumps(known), "utf-8")
    os._exit(0)


def _try(name: str, items: list[pytest.Item], limit_s: int) -> None:
    """In a process of its own: it ends with 0 where no test noticed."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    signal.alarm(20 * limit_s)
    set_mutant_under_test(name)
    _shorten(name)
    for item, following in _pairs(items):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    os._exit(SURVIVED)


def _shorten(name: str = "") -> None:
    """Let functions be what they are for the mutant `name`: to ask for that on each call takes longer than they do."""
    for module in [module for key, module in sys.modules.items() if key.partition(".")[0] == "alimante"]:
        for key, mutants in list(vars(module).items()):
            if key.startswith("mutants_x") and key.endswith("__mutmut"):
                path = key.removeprefix("mutants_x").removesuffix("__mutmut")
                function = mutants.get(name.rpartition(".")[2] if name.startswith(f"{module.__name__}.x") else "")
                _put(module, path.split("ǁ")[1:] or [path.removeprefix("_")], function or mutants["_mutmut_orig"])


def _put(module: Any, path: list[str], function: Any) -> None:
    """Let the function at `path` be `function`, also where others imported it."""
    if len(path) > 1:
        owner = getattr(module, path[0])
        if not isinstance(vars(owner)[path[1]], classmethod | staticmethod):
            setattr(owner, path[1], function)
        return
    before = vars(module)[path[0]]
    for user in list(sys.modules.values()):
        if vars(user).get(path[0]) is before:
            setattr(user, path[0], function)


def _renew() -> None:
    """mutmut copies each file once: let those that are not as they were be copied again."""
    for copy in (MUTANTS / CODE).rglob("*.py"):
        file = copy.relative_to(MUTANTS)
        if not file.exists():
            copy.unlink()
        elif file.stat().st_mtime > copy.stat().st_mtime:
            shutil.copy2(file, copy)


def _pairs(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def main() -> int:
    """Make the mutants, and try those whose names fit the arguments; all, where there are none."""
    set_mutant_under_test("mutant_generation")
    MUTANTS.mkdir(exist_ok=True)
    _renew()
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    state()._covered_lines = None
    create_mutants(1)
    set_mutant_under_test("")
    at_once = int(os.environ.get("MUTANTS_AT_ONCE", "1"))
    settings = config()
    os.chdir(MUTANTS)
    arguments = ["--rootdir=.", "--tb=no", "-qq", "-s", *settings.pytest_add_cli_args]
    return int(
        pytest.main([*arguments, *settings.pytest_add_cli_args_test_selection], plugins=[Loop(sys.argv[1:], at_once)])
    )


if __name__ == "__main__":
    sys.exit(main())
