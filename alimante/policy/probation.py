"""Whether a changed configuration does as well as what ran before it; it must not look at anything itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How a run does at one moment, each name once and in order.

    `devices` are all that it has, `answering` those outputs whose state is known and those channels (`device.channel`)
    that give readings, `well` the components whose health is neither CRITICAL nor UNKNOWN. `is_armed` says whether
    outputs may move.
    """

    is_armed: bool = False
    devices: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()
    well: tuple[str, ...] = ()


def losses(before: Survey | None, now: Survey, *, wanted: Iterable[str], components: Iterable[str]) -> list[str]:
    """A sentence for everything that was well before the change and is not `now`; nothing when the change is sound.

    `wanted` are all outputs and channels of the new configuration, `components` all components that it has. A device
    that is new must answer, and so must every one when nothing is known of the time before. What was broken before may
    be broken still, and what is gone is asked for no more.
    """
    return list(_losses(before or Survey(is_armed=True), now, tuple(wanted), tuple(components)))


def _losses(before: Survey, now: Survey, wanted: tuple[str, ...], components: tuple[str, ...]) -> Iterator[str]:
    if before.is_armed and not now.is_armed:
        yield "outputs may not move"
    for name in wanted:
        device = name.partition(".")[0]
        if name not in now.answering and (name in before.answering or device not in before.devices):
            yield f"{name} {'does not answer any more' if name in before.answering else 'is new and does not answer'}"
    for name in components:
        if name in before.well and name not in now.well:
            yield f"{name} was well and is not any more"
