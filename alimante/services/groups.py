"""Lets groups of sensors vote and tells what comes of it; it must not be needed for what a group is believed to say."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alimante.config.groups import TOLERANCES, GroupKeys
from alimante.config.model import Config
from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, GroupJudged, Level, ReadingMissed, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.policy.belief import Belief, Believed
from alimante.policy.voting import Verdict, Vote, VoteRules
from hardware.api import Channel

TICK_S: Final = 1.0
FIRST_ROUND_S: Final = 30.0
"""How long a group waits at the start for the first word of each member before their silence is news."""
STEPS: Final = 30.0
"""How many published steps a tolerance has: 0.05 °C of 1.5 °C, less than one step of a 12-bit probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of a configuration; `vote` answers what it is believed to say. `wire` is what all members hang on."""

    id: str
    vote: Vote
    unit: str
    step: float
    wire: str | None

    @property
    def members(self) -> tuple[str, ...]:
        """The full names of the channels that vote."""
        return tuple(self.vote.members)


def groups_of(config: Config) -> dict[str, Group]:
    """The groups of `config` by id. A member whose driver cannot be imported has no vote."""
    return {name: _group(name, keys, config) for name, keys in config.groups.items()}


def _group(name: str, keys: GroupKeys, config: Config) -> Group:
    members = [config.references[member] for member in keys.members if member in config.references]
    channels = [_channel(config, member) for member in members]
    quantity = channels[0].quantity if channels else ""
    tolerance = TOLERANCES.get(quantity, 0.0) if keys.tolerance is None else keys.tolerance
    wires = {config.devices[member.partition(".")[0]].wire for member in members}
    rules = VoteRules(
        tolerance=tolerance,
        min_sensors=keys.min_sensors,
        safe_side=keys.safe_side,
        warn_after_s=keys.disagree_warning_s,
        critical_after_s=keys.disagree_critical_s,
        outlier_samples=keys.outlier_samples,
        eject_s=keys.eject_s,
        eject_cap_s=keys.eject_cap_s,
        forgive_s=keys.forgive_s,
    )
    return Group(
        id=name,
        vote=Vote(members, rules),
        unit=channels[0].unit.value if channels else "",
        step=tolerance / STEPS if keys.publish_step is None else keys.publish_step,
        wire=wires.pop() if len(wires) == 1 and len(members) > 1 else None,
    )


def _channel(config: Config, full: str) -> Channel:
    sensor, _, channel = full.partition(".")
    device = config.devices[sensor]
    return next(each for each in device.channels if each.name == channel)


@dataclass(slots=True)
class _Told:
    """What was told of one group."""

    verdict: Verdict | None = None
    levels: dict[str, Level] = field(default_factory=dict)
    unheard: set[str] = field(default_factory=set)


class Groups:
    """Votes at each reading of a member and every second. `believed` answers for single channels."""

    name = "groups"
    phase = Phase.SENSORS

    def __init__(
        self, groups: Mapping[str, Group], *, believed: Believed, bus: EventBus, clock: Clock, tasks: Tasks
    ) -> None:
        self._groups = groups
        self._believed = believed
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._told = {name: _Told(unheard=set(group.members)) for name, group in groups.items()}
        self._of_member: dict[tuple[str, ...], list[Group]] = {}
        for group in groups.values():
            for member in group.members:
                self._of_member.setdefault(tuple(member.split(".")), []).append(group)
        self._started_s = clock.mono()
        self._undo: list[Undo] = []

    async def start(self) -> None:
        """Begin. Whoever says what is believed must listen to readings already."""
        self._started_s = self._clock.mono()
        if self._groups:
            subscribe = self._bus.subscribe
            self._undo = [subscribe(ReadingTaken, self._on_reading), subscribe(ReadingMissed, self._on_reading)]
            self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """End."""
        for undo in self._undo:
            undo()
        await self._tasks.cancel()

    def tick(self) -> None:
        """Let every group vote and tell what changed."""
        for group in self._groups.values():
            self._judge(group)

    def report(self) -> dict[str, dict[str, Any]]:
        """Each group for people and machines: value, quality, reasons, and what each member says."""
        return {name: self._report(group) for name, group in self._groups.items()}

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def _on_reading(self, event: ReadingTaken | ReadingMissed) -> None:
        for group in self._of_member.get((event.device, event.channel), ()):
            self._told[group.id].unheard.discard(f"{event.device}.{event.channel}")
            self._judge(group)

    def _judge(self, group: Group) -> None:
        beliefs = {member: self._believed(member) for member in group.members}
        verdict = group.vote.judge(beliefs, self._clock.mono())
        told = self._told[group.id]
        if self._is_awaited(told) and verdict.belief.value is None:
            return
        if told.verdict is None or _is_news(told.verdict, verdict, group.step):
            told.verdict = verdict
            self._publish(group, verdict)
        for condition, level in _levels(verdict).items():
            if told.levels.get(condition, Level.CLEAR) is not level:
                told.levels[condition] = level
                text, advice = _SENTENCES[condition](group, verdict)
                text = "" if level is Level.CLEAR else text
                self._bus.publish(
                    ConditionChanged(component=group.id, condition=condition, level=level, text=text, advice=advice)
                )

    def _is_awaited(self, told: _Told) -> bool:
        return bool(told.unheard) and self._clock.mono() - self._started_s < FIRST_ROUND_S

    def _publish(self, group: Group, verdict: Verdict) -> None:
        belief = verdict.belief
        self._bus.publish(
            GroupJudged(
                group=group.id,
                value=belief.value,
                highest=belief.highest,
                lowest=belief.lowest,
                unit=group.unit,
                quality=belief.quality,
                reasons=belief.reasons,
                measured_s=belief.measured_s,
                ejected=verdict.ejected,
            )
        )

    def _report(self, group: Group) -> dict[str, Any]:
        now_s = self._clock.mono()
        beliefs = {member: self._believed(member) for member in group.members}
        verdict = group.vote.judge(beliefs, now_s)
        belief = verdict.belief
        return {
            "value": _rounded(belief),
            "unit": group.unit,
            "quality": belief.quality.value,
            "reasons": list(belief.reasons),
            "age_s": None if belief.measured_s is None else round(now_s - belief.measured_s, 1),
            "members": {
                name: {"value": _rounded(each), "quality": each.quality.value, "ejected": name in verdict.ejected}
                for name, each in beliefs.items()
            },
        }


def _rounded(belief: Belief) -> float | None:
    return None if belief.value is None else round(belief.value, 3)


def _is_news(old: Verdict, new: Verdict, step: float) -> bool:
    before, now = old.belief, new.belief
    if (before.quality, before.reasons, old.ejected) != (now.quality, now.reasons, new.ejected):
        return True
    return before.value is not None and now.value is not None and abs(now.value - before.value) >= step


def _levels(verdict: Verdict) -> dict[str, Level]:
    """Each condition of a group with how bad it is now."""
    return {
        "disagree": verdict.disagree,
        "too_few_sensors": Level.CRITICAL if verdict.belief.value is None else Level.CLEAR,
        "member_ejected": Level.WARNING if verdict.ejected else Level.CLEAR,
    }


def _disagree(group: Group, verdict: Verdict) -> tuple[str, str]:
    apart = f"{verdict.spread:.3g} {group.unit}".rstrip()
    text = f"the members of {group.id} are {apart} apart: {'; '.join(verdict.belief.reasons)}"
    return text, "hold the sensors side by side for ten minutes: the one that differs from the others is wrong"


def _too_few_sensors(group: Group, verdict: Verdict) -> tuple[str, str]:
    shared = f"; all of them hang on {group.wire}, so look there first" if group.wire else ""
    text = f"nothing is believed of {group.id}: {'; '.join(verdict.belief.reasons)}"
    return text, f"check {', '.join((*verdict.silent, *verdict.ejected)) or 'its members'}{shared}"


def _member_ejected(group: Group, verdict: Verdict) -> tuple[str, str]:
    text = f"{', '.join(verdict.ejected)} differs from the other members of {group.id} and is left out"
    return text, "hold it beside one of the others for ten minutes, and replace it if it still differs"


_SENTENCES: Final[dict[str, Callable[[Group, Verdict], tuple[str, str]]]] = {
    "disagree": _disagree,
    "too_few_sensors": _too_few_sensors,
    "member_ejected": _member_ejected,
}
"""What is so and what to do about it, by condition."""
