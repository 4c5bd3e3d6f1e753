"""What every controller is: a look at the enclosure in, wishes for outputs out; it must not know who grants them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from alimante.control.local_time import LocalTime
from alimante.policy.belief import Believed

Report = Mapping[str, Any]
"""What a controller says of itself for people, in plain JSON values: `target`, `measured`, `demand`, `reason`, …"""


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Look:
    """All that a controller may know at one control tick.

    `now_s` is monotonic. `believed` may be asked for any full name. `local` is None while the wall clock is not
    believed: only what is safe at any time of the day may then be wished for.
    """

    now_s: float
    believed: Believed
    local: LocalTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person is to know of: what is so, and what to do about it."""

    text: str
    advice: str = ""


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Demand:
    """A wish for one output: `value` in the output's own unit (0.0 or 1.0 for a switch), and why.

    It lives for a few seconds only and has to be wished again at every tick. `target` is what the controller's sensor
    is to show, where it holds a temperature: who watches the heater needs it.
    """

    output: str
    value: float
    reason: str
    target: float | None = None


@runtime_checkable
class Controller(Protocol):
    """Turns what is believed into demands. It must not read a clock, raise on a missing belief or remember in files.

    `outputs` are the only outputs that `decide` may name. An output that it does not name at a tick has no demand of
    this controller: it falls to its safe value when its last demand has run out.
    """

    id: str
    outputs: tuple[str, ...]

    def decide(self, look: Look) -> Sequence[Demand]:
        """The demands of this tick. It is asked once per control tick, with `now_s` never going back."""
        ...

    def report(self) -> Report:
        """What it last decided and why, for people."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A controller with something that must outlive a restart.

    What it remembers is saved every few minutes. `milestones` is how many changes so far were too dear for that, such
    as a feeding that must not be done twice: each time it rises, everything is saved within seconds.
    """

    milestones: int

    def snapshot(self) -> dict[str, Any]:
        """What to remember, in plain JSON values."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what was remembered. What does not fit is left out: it never raises."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A controller that may find something out for which a person is needed, such as a feeding that was missed."""

    def findings(self) -> Mapping[str, Finding]:
        """What is so now, by the name of the condition; each is a warning for as long as it stands here."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """A controller that can find out by itself how strongly it has to answer."""

    def tune(self) -> str:
        """Try it out, beginning at the next good reading; returns why not, or the empty text."""
        ...
