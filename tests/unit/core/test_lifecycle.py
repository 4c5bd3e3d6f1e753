"""Components start in a named order and stop in reverse, whatever fails."""

import asyncio

import pytest
from fakes import heard

from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ComponentStateChanged
from alimante.core.states import ComponentState


class Part:
    """Writes into `diary` what is done to it, and raises what it was told to."""

    def __init__(self, name, phase, diary, *, start_error=None, stop_error=None):
        self.name, self.phase, self._diary = name, phase, diary
        self._errors = {"start": start_error, "stop": stop_error}

    async def start(self):
        await self._do("start")

    async def stop(self):
        await self._do("stop")

    async def _do(self, what):
        self._diary.append(f"{what} {self.name}")
        await asyncio.sleep(0)
        if self._errors[what] is not None:
            raise self._errors[what]


@pytest.fixture
def diary():
    return []


@pytest.fixture
def build(bus, diary):
    def build(*parts):
        lifecycle = Lifecycle(bus)
        for name, phase, *errors in parts:
            lifecycle.add(Part(name, phase, diary, **(errors[0] if errors else {})))
        return lifecycle

    return build


PARTS = [("mqtt", Phase.LINKS), ("probe", Phase.SENSORS), ("plant", Phase.WIRES), ("heater", Phase.OUTPUTS)]
ORDER = ["plant", "heater", "probe", "mqtt"]


async def test_components_start_by_phase_and_stop_in_reverse(build, diary):
    lifecycle = build(*PARTS)
    await lifecycle.start()
    await lifecycle.stop()
    assert diary == [f"start {name}" for name in ORDER] + [f"stop {name}" for name in reversed(ORDER)]
    assert lifecycle.states() == dict.fromkeys(ORDER, ComponentState.STOPPED)


async def test_each_start_and_each_stop_is_a_step_whatever_fails(bus, diary):
    lifecycle = Lifecycle(bus, on_step=lambda: diary.append("step"))
    for name in ("one", "two"):
        lifecycle.add(Part(name, Phase.WIRES, diary, stop_error=RuntimeError("no")))
    await lifecycle.start()
    await lifecycle.stop()
    assert diary == ["start one", "step", "start two", "step", "stop two", "step", "stop one", "step"]


async def test_within_a_phase_the_order_is_that_of_adding(build, diary):
    await build(*[(name, Phase.SERVICES) for name in "cab"]).start()
    assert diary == ["start c", "start a", "start b"]


def test_outputs_are_safe_before_anything_is_measured_and_nobody_commands_before_both():
    assert Phase.WIRES < Phase.OUTPUTS < Phase.SENSORS < Phase.SERVICES < Phase.LINKS


@pytest.mark.parametrize("error", [RuntimeError("no bus"), SystemExit(1), asyncio.CancelledError()], ids=repr)
async def test_the_first_failure_stops_what_runs_and_is_raised(build, diary, error):
    lifecycle = build(("a", Phase.WIRES), ("b", Phase.OUTPUTS), ("c", Phase.SENSORS, {"start_error": error}), PARTS[0])
    with pytest.raises(type(error)):
        await lifecycle.start()
    assert diary == ["start a", "start b", "start c", "stop b", "stop a"]
    assert list(lifecycle.states().values()) == [
        ComponentState.STOPPED,
        ComponentState.STOPPED,
        ComponentState.FAILED,
        ComponentState.NEW,
    ]


async def test_a_failing_stop_does_not_keep_the_others_from_stopping(build, diary):
    parts = [("a", Phase.WIRES), ("b", Phase.OUTPUTS, {"stop_error": OSError("stuck")}), ("c", Phase.SENSORS)]
    lifecycle = build(*parts)
    await lifecycle.start()
    diary.clear()
    await lifecycle.stop()
    assert diary == ["stop c", "stop b", "stop a"]
    assert lifecycle.states()["b"] is ComponentState.FAILED
    assert lifecycle.states()["a"] is ComponentState.STOPPED


async def test_stopping_twice_stops_once(build, diary):
    lifecycle = build(*PARTS)
    await lifecycle.start()
    await lifecycle.stop()
    diary.clear()
    await lifecycle.stop()
    assert diary == []


async def test_what_was_never_started_is_not_stopped(build, diary):
    await build(*PARTS).stop()
    assert diary == []


async def test_a_stopped_lifecycle_can_start_again(build, diary):
    lifecycle = build(*PARTS)
    await lifecycle.start()
    await lifecycle.stop()
    diary.clear()
    await lifecycle.start()
    assert diary == [f"start {name}" for name in ORDER]


async def test_every_change_is_published_with_its_reason(build, bus):
    changes = heard(bus, ComponentStateChanged)
    lifecycle = build(("a", Phase.WIRES), ("b", Phase.OUTPUTS, {"start_error": OSError("no such chip")}))
    with pytest.raises(OSError, match="no such chip"):
        await lifecycle.start()
    assert [(change.component, change.new.value) for change in changes] == [
        ("a", "starting"),
        ("a", "running"),
        ("b", "starting"),
        ("b", "failed"),
        ("a", "stopping"),
        ("a", "stopped"),
    ]
    assert changes[3].reason == "OSError: no such chip"


@pytest.mark.parametrize("error", [asyncio.CancelledError(), SystemExit(1), KeyboardInterrupt()], ids=repr)
async def test_whatever_one_stop_raises_the_others_stop(build, diary, error):
    lifecycle = build(("a", Phase.WIRES), ("b", Phase.OUTPUTS, {"stop_error": error}), ("c", Phase.SENSORS))
    await lifecycle.start()
    diary.clear()
    await lifecycle.stop()
    assert diary == ["stop c", "stop b", "stop a"]
    assert lifecycle.states()["b"] is ComponentState.FAILED


async def test_a_failed_component_can_be_revived_alone(build, diary):
    lifecycle = build(*PARTS)
    await lifecycle.start()
    diary.clear()
    assert await lifecycle.fail("probe", "its task died")
    assert not await lifecycle.fail("probe", "once more")
    assert lifecycle.states()["probe"] is ComponentState.FAILED
    assert await lifecycle.revive("probe") == ""
    assert diary == ["stop probe", "start probe"]
    assert lifecycle.states()["probe"] is ComponentState.RUNNING


async def test_what_cannot_be_revived_is_stopped_and_stays_failed(build, diary):
    lifecycle = build(("a", Phase.WIRES))
    await lifecycle.start()
    await lifecycle.fail("a", "its task died")
    lifecycle._named("a")[0]._errors["start"] = OSError("no bus")
    diary.clear()
    assert await lifecycle.revive("a") == "OSError: no bus"
    assert diary == ["start a", "stop a"]
    assert lifecycle.states()["a"] is ComponentState.FAILED
    assert "cannot be started" not in await lifecycle.revive("a")


async def test_what_runs_cannot_be_revived(build):
    lifecycle = build(("a", Phase.WIRES))
    await lifecycle.start()
    assert await lifecycle.revive("a") == "a is running and cannot be started"
