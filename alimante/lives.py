"""The lives of the supervisor on one computer, real or simulated: with what one begins, and what looks after it.

It must not know which kind of computer it is.
"""

import logging
from collections.abc import Awaitable, Callable

from alimante.app import Supervisor
from alimante.config.load import Loaded
from alimante.config.model import Config
from alimante.core.events import Quality
from alimante.policy.boot import Step
from alimante.policy.health import Health
from alimante.policy.probation import Survey
from alimante.rollout.rollout import Rollout
from alimante.rollout.watch import ConfigWatch, Look
from alimante.services.boot_watch import BootWatch
from alimante.services.boots import Boots

_log = logging.getLogger(__name__)

_UNWELL = frozenset({Health.CRITICAL.value, Health.UNKNOWN.value})


def begin(rollout: Rollout, boots: Boots) -> Loaded:
    """What the start runs that `boots` has counted. Raises `ConfigInvalid` when there is nothing that can run."""
    return rollout.begin(boots.record, kernel=boots.kernel, now_s=boots.now(), last_words=boots.last_words)


def next_step(rollout: Rollout, boots: Boots) -> Step:
    """What this start is to do. One that leaves a configuration for an older one has its chance first."""
    recovery = rollout.running.config.recovery
    step = boots.decide(recovery.process.starts.rules(), may_reboot=recovery.reboot, may_run=rollout.has_gone_back)
    if step is not Step.REBOOT:
        return step
    why = f"{boots.bad_starts} starts ended badly; {boots.last_words}"
    if boots.note_reboot(why):
        return step
    boots.enter_safe_mode(f"{why}; a reboot would not be counted, for nothing can be written")
    return Step.SAFE_MODE


def oversee(
    supervisor: Supervisor,
    boots: Boots,
    rollout: Rollout,
    *,
    news: Callable[[], Awaitable[None]],
    obstacle: Callable[[Config], str],
    reload: Callable[[], None],
) -> ConfigWatch:
    """Have the run that `supervisor` is about to begin looked after; see `ConfigWatch`."""
    recovery = supervisor.config.recovery
    rules = recovery.process.services.rules()
    boot_watch = BootWatch(
        boots,
        rules=recovery.process.starts.rules(),
        is_well=lambda: supervisor.health.node() is not Health.CRITICAL,
        give_up=supervisor.ending.request_exit,
        worker=supervisor.disk,
        bus=supervisor.bus,
        clock=supervisor.ports.clock,
        tasks=supervisor.supervision.tasks("boots", is_critical=False, rules=rules),
    )
    config_watch = ConfigWatch(
        rollout,
        keys=recovery.rollout,
        look=_look(supervisor),
        news=news,
        obstacle=obstacle,
        reload=reload,
        is_safe_mode=bool(supervisor.ports.safe_mode),
        worker=supervisor.disk,
        bus=supervisor.bus,
        clock=supervisor.ports.clock,
        tasks=supervisor.supervision.tasks("config", is_critical=False, rules=rules),
    )
    supervisor.lifecycle.add(boot_watch)
    supervisor.lifecycle.add(config_watch)
    return config_watch


def take_next(rollout: Rollout, *, is_safe: bool, tell_guard: Callable[[Loaded], bool]) -> str:
    """Have what comes next be what the next run in this process has; returns why the process must end instead, if so.

    An output that `is_safe` says may still be on is not forgotten: another configuration might not name it. And the
    guard must know the outputs that it guards: `tell_guard(loaded)` says whether it was told of them.
    """
    if not rollout.is_to_change:
        return ""
    if not is_safe:
        why = "an output could not be seen to be safe"
    elif not tell_guard(rollout.coming):
        why = "the guard cannot be told of another configuration"
    else:
        rollout.advance()
        return ""
    if rollout.is_going_back:
        return why
    _log.error("%s; going on with the configuration that ran before", why)
    rollout.stay(why)
    return ""


def is_all_safe(supervisor: Supervisor) -> bool:
    """Whether every output was read back at its safe value; else somebody else has work to do."""
    return all(
        output.value is not None and abs(output.value - output.safe) <= output.rules.tolerance
        for output in supervisor.gate.outputs.values()
    )


def _look(supervisor: Supervisor) -> Look:
    devices = supervisor.config.devices.values()
    sensors = [device for device in devices if device.spec.kind == "sensor"]
    channels = [f"{device.id}.{channel.name}" for device in sensors for channel in device.channels]
    return Look(
        survey=lambda: survey(supervisor),
        wanted=(*channels, *supervisor.gate.outputs),
        components=lambda: tuple(supervisor.health.report()["components"]),
    )


def survey(supervisor: Supervisor) -> Survey:
    """How `supervisor` does now."""
    believed = supervisor.readings.believed
    giving = [name for name in supervisor.readings.channels if believed(name).quality is not Quality.UNKNOWN]
    known = [name for name, output in supervisor.gate.outputs.items() if output.value is not None]
    components = supervisor.health.report()["components"]
    return Survey(
        is_armed=not supervisor.gate.refusal(),
        devices=tuple(sorted(supervisor.config.devices)),
        answering=tuple(sorted([*giving, *known])),
        well=tuple(sorted(name for name, shown in components.items() if shown["health"] not in _UNWELL)),
    )
