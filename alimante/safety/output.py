"""What the gate knows of one actuator: what it stands at, who wants what of it, and why; it must not decide."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

from alimante.config.keys import Role
from alimante.io.handle import ActuatorHandle
from alimante.policy.values import say_value
from alimante.safety.account import Account
from alimante.safety.decision import Cause, Wish
from alimante.safety.findings import Kind
from alimante.safety.latch import Latch
from alimante.safety.rules import Rules, rules_of

COOLDOWN_S: Final = 900.0
"""The rest after a trip of an output without a limit of its own."""

PERSON_WITHIN_S: Final = 86400.0
"""A second trip of such an output within so long waits for a person."""

DECISIONS: Final = 20
"""How many decisions on each output are kept for the question why."""


DANGEROUS: Final = frozenset({Kind.OVER_TEMPERATURE.value, Kind.STUCK_ON.value})
"""The causes of trips that say that a heater may heat although it is switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on an output at the monotonic time `at_s`, for people."""

    at_s: float
    text: str


@dataclass(slots=True, eq=False)
class Output:
    """What the gate knows of one actuator. `value` was read back; None where it is not known.

    `is_confirmed` says whether the last write was seen to take effect. A failed one is never confirmed by what it
    happened to read back: an output that was switched on and looks off may be on. `commanded` is what was last
    confirmed, `asked` what was last asked of the wire.
    """

    handle: ActuatorHandle
    rules: Rules
    latch: Latch
    commanded: float
    asked: float
    value: float | None = None
    is_confirmed: bool = False
    source: str = "start"
    reason: str = ""
    since_s: float = 0.0
    epoch: int = 0
    waiting: deque[float] = field(default_factory=deque)  # when each write under way was asked for
    busy_since_s: float = 0.0  # since when there has always been one
    decisions: deque[Decision] = field(default_factory=lambda: deque(maxlen=DECISIONS))
    account: Account = field(default_factory=Account)
    demands: dict[str, Wish] = field(default_factory=dict)
    override: Wish | None = None
    standing: Wish | None = None  # the last override that was carried out
    overrides_ended: int = 0  # how often a person's commands were ended
    is_lapsed: bool = False  # whether the last demand ran out instead of being given back
    lapsed: str = ""  # why nobody wishes for anything, as far as somebody did
    bound: Cause = Cause.NONE  # the rule that keeps it from what is wished
    bound_text: str = ""
    rest_until_s: float = -inf
    failed_safe: int = 0  # how often in a row its safe value could not be confirmed
    unsafe_since_s: float | None = None  # when its safe value was first asked for that was not confirmed since
    unsafe_asks: int = 0  # how often it was asked for since then
    is_checking: bool = False
    asks: int = 0  # how often it was written
    seen_s: float = -inf  # when it was last read back as commanded
    looked_s: float = -inf  # when that was last tried
    misses: int = 0  # how often in a row it could not be read back
    id: str = field(init=False)
    """The actuator's id."""
    safe: float = field(init=False)
    """The safe value."""

    def __post_init__(self) -> None:
        self.id = self.handle.device.id
        self.safe = self.rules.safe

    @property
    def trip(self) -> str:
        """Why nothing but the safe value passes until a reset; empty when nothing holds it."""
        return self.latch.why

    @property
    def is_dangerous(self) -> bool:
        """Whether one of its trips says that switching it off may not be enough."""
        return not DANGEROUS.isdisjoint(self.latch.causes)

    @property
    def target(self) -> float:
        """What it stands at once all writes under way are done."""
        return self.asked if self.waiting else self.commanded

    @property
    def farthest(self) -> float:
        """The value that is farthest from the safe one."""
        return max((self.rules.off, self.rules.on), key=lambda value: abs(value - self.safe))

    @property
    def until_s(self) -> float | None:
        """When the command that holds it ends."""
        return self.override.until_s if self.override is not None else None

    def decide(self, at_s: float, text: str) -> None:
        """Keep a decision; the same one on every tick is kept once, or it would push out its own cause."""
        if not self.decisions or self.decisions[-1].text != text:
            self.decisions.append(Decision(at_s=at_s, text=text))

    def say(self, value: float | None) -> str:
        """`value` in this output's terms; of no value, that the controllers have it."""
        return say_value(self.handle.accepts, value)

    def is_surely_off(self, now_s: float, *, for_s: float) -> bool:
        """Whether it was seen off `for_s` seconds ago and nothing that may have changed it has begun since."""
        is_on = self.rules.is_on
        is_seen_off = self.is_confirmed and self.value is not None and not is_on(self.value)
        is_left_alone = not is_on(self.commanded) and not (self.waiting and is_on(self.asked))
        return is_seen_off and is_left_alone and not self.account.is_on and self.account.lasted_s(now_s) >= for_s

    def wish(self, now_s: float, *, with_controllers: bool) -> Wish | None:
        """What is wished now: a person's command, else the highest of the controllers' demands. Drops what is over."""
        if self.override is not None and not now_s < self.override.until_s:
            self.end_override("the time of the last command is over")
        highest: Wish | None = None
        for source, demand in list(self.demands.items()):
            if not now_s < demand.until_s:
                del self.demands[source]
                self.is_lapsed = True
                self.lapsed = f"{source} has not renewed its demand for {self.rules.lease_s:g} s"
            elif highest is None or demand.value > highest.value:
                highest = demand
        if self.override is not None:
            return self.override
        return highest if with_controllers else None

    def wishes(self) -> list[Wish]:
        """Everything that is wished, the command that holds first."""
        return [*([] if self.override is None else [self.override]), *self.demands.values()]

    def ask_safe(self, now_s: float) -> None:
        """Its safe value is asked for once more."""
        if self.unsafe_since_s is None:
            self.unsafe_since_s = now_s
        self.unsafe_asks += 1

    def answered(self) -> None:
        """It is known to stand as commanded."""
        self.unsafe_since_s, self.unsafe_asks = None, 0

    def end_override(self, why: str) -> None:
        """No command of a person holds any more."""
        self.override = self.standing = None
        self.overrides_ended += 1
        self.is_lapsed = False
        self.lapsed = why

    def forget_wishes(self, why: str) -> None:
        """Nobody wishes for anything until somebody says so again."""
        self.end_override(why)
        self.demands.clear()


def output_of(handle: ActuatorHandle, references: Mapping[str, str], now_s: float) -> Output:
    """The output of `handle`, of which nothing is known yet; `references` has the full names of what is measured."""
    rules = rules_of(handle.device, references)
    rests = rules.role is Role.COOLER  # its compressor may have run until the last process ended
    account = Account(off_since_s=now_s if rests else -inf)
    limit = handle.device.output.limit
    latch = Latch(
        handle.device.id,
        cooldown_s=COOLDOWN_S if limit is None else limit.cooldown_s,
        person_within_s=PERSON_WITHIN_S if limit is None else limit.person_within_s,
    )
    return Output(handle, rules, latch, rules.safe, rules.safe, account=account)


Outputs = Mapping[str, Output]
