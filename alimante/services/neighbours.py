"""Finds what must have moved a channel that says the same for long: a heater, or a probe beside it; it must not judge.

Only what lasted counts: a heater that is on for seconds in turn leaves a steady temperature steady.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alimante.config.model import Device, Role
from alimante.core.events import OutputChanged
from alimante.services.channel import Watched

MOVED_BY: Final = 0.3
"""The change of a heater's duty that must be felt, as a share of its range."""


@dataclass(slots=True)
class _Mover:
    zone: str | None
    low: float
    span: float
    share: float | None = None
    since_s: float = 0.0


class Neighbours:
    """Which channels and heaters stand together.

    Channels are siblings when they measure the same in the same zone or are in one of `groups` (full names). Heaters
    and coolers among `outputs` move the temperatures of their zone.
    """

    def __init__(
        self, channels: Mapping[str, Watched], *, outputs: Iterable[Device], groups: Iterable[Sequence[str]]
    ) -> None:
        sets = [set(group) for group in groups]
        places: dict[tuple[str, str | None], list[Watched]] = {}
        for one in channels.values():
            places.setdefault((one.channel.quantity, _zone(one)), []).append(one)
        for one in channels.values():
            named = set().union(*(members for members in sets if one.full in members))
            here = places[one.channel.quantity, _zone(one)]
            elsewhere = (channels[name] for name in sorted(named & channels.keys()))
            others = [other for other in elsewhere if other.channel.quantity == one.channel.quantity]
            one.siblings = [other for other in here if other is not one]
            one.siblings += [other for other in others if _zone(other) != _zone(one)]
        self._movers = {output.id: _mover(output) for output in outputs if output.role in (Role.HEATER, Role.COOLER)}

    def on_output(self, event: OutputChanged) -> None:
        """Remember since when a heater has been at its duty."""
        mover = self._movers.get(event.device)
        if mover is None or event.value is None:
            return
        share = (event.value - mover.low) / mover.span
        if mover.share is None:
            mover.share = share
        elif abs(share - mover.share) >= MOVED_BY:
            mover.share, mover.since_s = share, event.since_s

    def look(self, one: Watched, now_s: float) -> None:
        """To be called after each reading of `one` that was not bad."""
        stuck = one.chain.stuck
        if stuck.same_s == 0.0:
            one.beside = [sibling.last.value if sibling.last else None for sibling in one.siblings]
        elif stuck.wants_to_know and (self._sibling_moved(one) or self._was_heated(one, now_s)):
            stuck.excite(now_s - stuck.grace_s)

    def _sibling_moved(self, one: Watched) -> bool:
        by = one.chain.rules.sibling_moved_by
        return by > 0.0 and any(
            before is not None and sibling.last is not None and abs(sibling.last.value - before) >= by
            for sibling, before in zip(one.siblings, one.beside, strict=False)
        )

    def _was_heated(self, one: Watched, now_s: float) -> bool:
        stuck, zone = one.chain.stuck, _zone(one)
        return one.channel.quantity == "temperature" and any(
            mover.zone == zone and mover.since_s >= stuck.since_s and now_s - mover.since_s >= stuck.grace_s
            for mover in self._movers.values()
        )


def _zone(one: Watched) -> str | None:
    return one.handle.device.zone


def _mover(output: Device) -> _Mover:
    accepts = output.accepts
    return _Mover(output.zone, accepts.low, accepts.high - accepts.low)
