"""The decorator for third parties' code: the same policy, at one layer only."""

import asyncio
import random
import subprocess
import sys

import pytest

from alimante.core.clock import ManualClock
from alimante.io.retrying import RETRYING, retry_on_error
from alimante.policy.retry import RetryRules
from alimante.simulation.virtual_time import run_virtual
from hardware.errors import BadData, WrongChip


class Plugin:
    """Calls that raise `errors` one after the other before they succeed, in a time that only waiting moves."""

    def __init__(self, *errors, took_s=0.0, rules=None):
        self.clock = ManualClock()
        self.errors = list(errors)
        self.calls = 0
        self.waits_s = []
        self.took_s = took_s
        self.rules = rules

    def sleep(self, seconds):
        self.waits_s.append(seconds)
        self.clock.advance(seconds)

    async def sleep_async(self, seconds):
        self.waits_s.append(seconds)
        await asyncio.sleep(seconds)

    def fetch(self, value):
        """Fetch it."""
        self.calls += 1
        self.clock.advance(self.took_s)
        if self.errors:
            raise self.errors.pop(0)
        return value

    async def fetch_async(self, value):
        return self.fetch(value)

    def decorated(self, function, **named):
        now = self.clock.mono
        return retry_on_error(
            **{"sleep": self.sleep, "now": now, "rng": random.Random(1), "rules": self.rules} | named
        )(function)

    def run(self, value="fine", *, is_async):
        if is_async:
            call = self.decorated(self.fetch_async, sleep=self.sleep_async)
            return run_virtual(call(value), self.clock)
        return self.decorated(self.fetch)(value)


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@both
def test_what_succeeds_is_called_once(is_async):
    plugin = Plugin()
    assert plugin.run(is_async=is_async) == "fine"
    assert (plugin.calls, plugin.waits_s) == (1, [])


@both
def test_a_passing_error_is_tried_again_after_a_jittered_wait(is_async):
    plugin = Plugin(BadData("crc"), BadData("crc"))
    assert plugin.run(is_async=is_async) == "fine"
    assert plugin.calls == 3
    assert 0 <= plugin.waits_s[0] <= 0.1
    assert 0 <= plugin.waits_s[1] <= 0.2


@both
def test_the_last_error_is_raised_as_it_is(is_async):
    last = BadData("the third")
    plugin = Plugin(BadData("the first"), BadData("the second"), last, BadData("never"))
    with pytest.raises(BadData) as caught:
        plugin.run(is_async=is_async)
    assert caught.value is last
    assert plugin.calls == 3


@both
@pytest.mark.parametrize("error", [WrongChip("other"), ValueError("a defect"), KeyError("x")], ids=repr)
def test_what_no_repetition_helps_is_raised_at_once(is_async, error):
    plugin = Plugin(error)
    with pytest.raises(type(error)):
        plugin.run(is_async=is_async)
    assert plugin.calls == 1


@both
def test_nothing_begins_that_would_end_after_the_deadline(is_async):
    plugin = Plugin(*[BadData("crc")] * 9, took_s=0.75, rules=RetryRules(attempts=9, deadline_s=2.0))
    begun_s = plugin.clock.mono()
    with pytest.raises(BadData):
        plugin.run(is_async=is_async)
    assert plugin.calls == 2
    assert plugin.clock.mono() - begun_s <= 2.0


@both
def test_a_decorated_function_inside_of_another_is_called_once(is_async):
    plugin = Plugin(*[BadData("crc")] * 20)
    if is_async:
        inner_async = plugin.decorated(plugin.fetch_async, sleep=plugin.sleep_async)

        async def outer_async():
            return await inner_async("fine")

        call = plugin.decorated(outer_async, sleep=plugin.sleep_async)
        with pytest.raises(BadData):
            run_virtual(call(), plugin.clock)
    else:
        inner = plugin.decorated(plugin.fetch)
        with pytest.raises(BadData):
            plugin.decorated(lambda: inner("fine"))()
    assert plugin.calls == 3


def test_two_tasks_do_not_take_each_other_for_layers():
    plugin = Plugin(*[BadData("crc")] * 20)
    call = plugin.decorated(plugin.fetch_async, sleep=plugin.sleep_async)

    async def main():
        return await asyncio.gather(call(1), call(2), return_exceptions=True)

    assert all(isinstance(end, BadData) for end in run_virtual(main(), plugin.clock))
    assert plugin.calls == 6


@both
def test_a_call_that_ended_is_no_layer_any_more(is_async):
    plugin = Plugin(WrongChip("other"))
    with pytest.raises(WrongChip):
        plugin.run(is_async=is_async)
    assert not RETRYING.get()


def test_a_decorated_function_keeps_its_name_and_its_words():
    plugin = Plugin()
    assert plugin.decorated(plugin.fetch).__name__ == "fetch"
    assert plugin.decorated(plugin.fetch).__doc__ == "Fetch it."


def test_tenacity_is_loaded_by_those_only_who_use_it():
    code = "import sys, alimante.io.handle, alimante.io.guards; print('tenacity' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
