"""The health checks of what every node has: sensors, outputs, wires, groups, the link, the time and their errors.

They must look at what is known already, and never ask a wire themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from alimante.config.model import Device
from alimante.core.events import Level, Quality, ReadingMissed
from alimante.core.states import DeviceState
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.policy.advice import advice_for
from alimante.policy.belief import Belief, Believed
from alimante.policy.checkup import SOUND, Check, Finding, Kind

_GONE: Final = frozenset({"WireUnavailable", "WirePermission"})
"""Errors that are of the wire, whichever device met them."""

ERRORS: Final = "errors"
_NOTHING: Final = Finding(level=None, text="nothing was heard of it yet")


def sensor_check(handle: SensorHandle, believed: Believed, *, period_s: float) -> Check:
    """A sensor, by its last answer and by what is still believed. `Readings` tells its conditions."""
    device, latest, state = handle.device, handle.latest, handle.state
    channels = {f"{device.id}.{channel.name}": channel.name for channel in handle.channels}

    def is_well() -> bool:
        """The usual case, which is found out with little work."""
        if state.current is not DeviceState.ONLINE or not latest:
            return False
        for reading in latest.values():
            if isinstance(reading, ReadingMissed) or reading.quality is Quality.BAD:
                return False
        for full in channels:  # noqa: SIM110 - a generator costs more than what it looks at
            if believed(full).quality is not Quality.GOOD:
                return False
        return True

    def run() -> Finding:
        if is_well():
            return SOUND
        found = _last_answer(handle)
        if found.level is not Level.CLEAR:
            return found
        return _of_beliefs(device.id, {name: believed(full) for full, name in channels.items()})

    return Check(
        component=device.id,
        name="answers",
        run=run,
        kind=Kind.COMPONENT,
        period_s=period_s,
        announces=False,
        parent=device.wire,
    )


def _last_answer(handle: SensorHandle) -> Finding:
    """What the last reading says; one failure is one bad finding, however seldom the sensor is polled."""
    device, last = handle.device, next(iter(handle.latest.values()), None)
    of = (device.driver, device.spec.wire.value)
    if handle.state.current is DeviceState.OFFLINE:
        missed = last if isinstance(last, ReadingMissed) else None
        error = missed.error if missed else ""
        return Finding(
            level=Level.CRITICAL,
            code=error or "no_answer",
            text=f"{device.name} does not answer: {handle.state.reason}",
            advice=advice_for(error, of=of),
            evidence=missed.at_s if missed else None,
        )
    for reading in handle.latest.values():
        if not isinstance(reading, ReadingMissed) and reading.quality is Quality.BAD:
            return Finding(
                level=Level.CRITICAL,
                code="bad_reading",
                text=f"{device.name} says what cannot be: {'; '.join(reading.reasons)}",
                advice=advice_for("bad_reading", of=of),
                value=reading.value,
                evidence=reading.measured_s,
            )
    return SOUND if last is not None else _NOTHING


def _of_beliefs(name: str, beliefs: Mapping[str, Belief]) -> Finding:
    """The worst of what is believed of each channel."""
    for quality, level, code in (
        (Quality.UNKNOWN, Level.CRITICAL, "lost"),
        (Quality.SUSPECT, Level.WARNING, "suspect_reading"),
    ):
        for channel, belief in beliefs.items():
            if belief.quality is quality:
                why = "; ".join(belief.reasons) or quality.value
                text = f"{name}.{channel}: {why}" if channel else f"{name}: {why}"
                return Finding(level=level, code=code, text=text, advice=advice_for(code), value=belief.value)
    return SOUND


def output_check(handle: ActuatorHandle, *, period_s: float) -> Check:
    """An actuator, by its last write or read-back. The gate tells its conditions."""
    device = handle.device

    def run() -> Finding:
        if handle.state.current is DeviceState.UNKNOWN:
            return _NOTHING
        if handle.state.current is not DeviceState.OFFLINE:
            return SOUND
        text = f"{device.name} cannot be moved: {handle.state.reason}"
        advice = advice_for("NoAnswer", of=(device.driver, device.spec.wire.value))
        return Finding(level=Level.CRITICAL, code="no_answer", text=text, advice=advice)

    return Check(
        component=device.id,
        name="answers",
        run=run,
        kind=Kind.COMPONENT,
        period_s=period_s,
        announces=False,
        parent=device.wire,
    )


def disabled_check(device: str, reason: str, *, period_s: float) -> Check:
    """A device that is not used in this run."""
    found = Finding(
        level=Level.WARNING,
        code="disabled",
        text=f"{device} is not used: {reason}",
        advice=advice_for("disabled"),
    )
    return Check(
        component=device,
        name="disabled",
        run=lambda: found,
        kind=Kind.COMPONENT,
        period_s=period_s,
        is_critical=False,
    )


def group_check(group: str, believed: Believed, *, period_s: float) -> Check:
    """A group of sensors. `Groups` tells its conditions."""
    return Check(
        component=group,
        name="vote",
        run=lambda: _of_beliefs(group, {"": believed(group)}),
        kind=Kind.COMPONENT,
        period_s=period_s,
        announces=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WireParts:
    """One wire with what hangs on it; `is_stuck` says whether a call to it does not come back."""

    name: str
    kind: str
    is_stuck: Callable[[], bool]
    sensors: Sequence[SensorHandle] = ()
    outputs: Sequence[ActuatorHandle] = ()


def wire_check(wire: WireParts, *, now: Callable[[], float], period_s: float) -> Check:
    """A wire: stuck, gone, or silent because two or more devices hang on it and none answers.

    The breakers and the gate tell its conditions.
    """

    states = [handle.state for handle in (*wire.sensors, *wire.outputs)]

    def is_well() -> bool:
        """The usual case, which is found out with little work."""
        if wire.is_stuck():
            return False
        for state in states:
            if state.current is not DeviceState.ONLINE:
                return False
        return bool(wire.outputs) or _is_heard(wire, now())

    def run() -> Finding:
        if is_well():
            return SOUND
        code, text = _wire_fault(wire)
        if code:
            advice = advice_for(code, of=(wire.kind,))
            return Finding(level=Level.CRITICAL, code=code, text=text, advice=advice)
        return SOUND if _is_heard(wire, now()) else _NOTHING

    return Check(component=wire.name, name="wire", run=run, kind=Kind.HARDWARE, period_s=period_s, announces=False)


def _wire_fault(wire: WireParts) -> tuple[str, str]:
    if wire.is_stuck():
        return "WireWedged", f"the wire {wire.name} is stuck in a call"
    states = [handle.state for handle in (*wire.sensors, *wire.outputs)]
    silent = [state for state in states if state.current is DeviceState.OFFLINE]
    for sensor in wire.sensors:
        for missed in sensor.latest.values():
            if isinstance(missed, ReadingMissed) and missed.error in _GONE:
                return missed.error, f"the wire {wire.name} cannot be used: {missed.reason}"
    if len(silent) == len(states) > 1:
        return "silent", f"none of the {len(states)} devices on {wire.name} answers"
    return "", ""


def _is_heard(wire: WireParts, now_s: float) -> bool:
    """Whether any device on it was heard of lately; of outputs, whose reads are not told, ever."""
    return any(_is_fresh(sensor, now_s) for sensor in wire.sensors) or any(
        output.state.current is not DeviceState.UNKNOWN for output in wire.outputs
    )


def _is_fresh(sensor: SensorHandle, now_s: float) -> bool:
    last = next(iter(sensor.latest.values()), None)
    if last is None:
        return False
    at_s = last.at_s if isinstance(last, ReadingMissed) else last.measured_s
    return now_s - at_s <= 3 * sensor.device.poll_s + sensor.deadline_s


def link_check(is_connected: Callable[[], bool], trouble: Callable[[], str] = lambda: "", *, period_s: float) -> Check:
    """The connection to the broker, which nothing but telling depends on; `trouble()` is why it failed last."""

    def look() -> Finding:
        if is_connected():
            return SOUND
        why = f": {trouble()}" if trouble() else ""
        text = f"the broker is not reached{why}"
        return Finding(level=Level.WARNING, code="no_link", text=text, advice=advice_for("no_link"))

    return Check(
        component="mqtt",
        name="link",
        run=look,
        kind=Kind.NETWORK,
        period_s=period_s,
        is_critical=False,
    )


def time_check(is_believed: Callable[[], bool], *, period_s: float) -> Check:
    """Whether the wall clock can be believed. Until then schedules wait or take the safer side."""
    found = Finding(
        level=Level.WARNING, code="no_time", text="nobody has set the clock yet", advice=advice_for("no_time")
    )
    return Check(
        component="clock",
        name="time",
        run=lambda: SOUND if is_believed() else found,
        kind=Kind.TIME,
        period_s=period_s,
        is_critical=False,
    )


def device_checks(
    sensors: Mapping[str, SensorHandle],
    outputs: Mapping[str, ActuatorHandle],
    *,
    believed: Believed,
    now: Callable[[], float],
    period_s: float,
) -> Iterator[Check]:
    """The checks of all sensors, all outputs and the wires that they hang on."""
    wires: dict[str, tuple[list[SensorHandle], list[ActuatorHandle]]] = {}
    for sensor in sensors.values():
        wires.setdefault(sensor.device.wire, ([], []))[0].append(sensor)
        yield sensor_check(sensor, believed, period_s=period_s)
    for output in outputs.values():
        wires.setdefault(output.device.wire, ([], []))[1].append(output)
        yield output_check(output, period_s=period_s)
    for name, (on_sensors, on_outputs) in wires.items():
        first = (*on_sensors, *on_outputs)[0]
        parts = WireParts(
            name=name,
            kind=first.device.spec.wire.value,
            is_stuck=lambda worker=first.worker: worker.wedged,  # type: ignore[misc]
            sensors=on_sensors,
            outputs=on_outputs,
        )
        yield wire_check(parts, now=now, period_s=period_s)


class FindsErrors(Protocol):
    """Looks at the errors of a component."""

    def __call__(self, component: str, *, of: Iterable[str] = ()) -> Finding:
        """Whether they are too many; `of` are its driver and the kind of its wire."""
        ...


def error_checks(devices: Iterable[Device], find: FindsErrors, *, period_s: float) -> Iterator[Check]:
    """A look at the errors of each of `devices` and of the wires that they hang on.

    What fails and works in turns is as well as its last answer by all other checks. `Readings`, the gate and the
    breakers tell people.
    """
    wires: dict[str, str] = {}
    for device in devices:
        of = (device.driver, device.spec.wire.value)
        wires[device.wire] = device.spec.wire.value
        yield Check(
            component=device.id,
            name=ERRORS,
            run=partial(find, device.id, of=of),
            kind=Kind.COMPONENT,
            period_s=period_s,
            announces=False,
            parent=device.wire,
        )
    for wire, kind in wires.items():
        run = partial(find, wire, of=(kind,))
        yield Check(component=wire, name=ERRORS, run=run, kind=Kind.HARDWARE, period_s=period_s, announces=False)


def link_error_check(find: FindsErrors, *, period_s: float) -> Check:
    """A look at how often the connection to the broker broke, which `link_check` may find whole each time."""
    run = partial(find, "mqtt")
    return Check(component="mqtt", name=ERRORS, run=run, kind=Kind.NETWORK, period_s=period_s, is_critical=False)
