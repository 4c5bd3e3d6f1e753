"""The decision on one output: from a wish and what is known to the value that is permitted, and why.

It must not write, remember or ask for the time. A wish passes through `RULES` in their order; each may leave the value,
lower it, or end in the safe value. The safe value itself passes always.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from alimante.core.events import Quality
from alimante.policy.belief import Belief
from alimante.safety.account import Account
from alimante.safety.rules import Rules

ROOM_SHARE: Final = 0.01
"""An output whose quota is used up goes on again only when this share of it is free, or it would go on for moments."""

ROUNDING_S: Final = 1e-6
"""Deadlines are sums of floats; without this, one would be missed by a rounding error and kept a tick late."""


class Cause(StrEnum):
    """The rule that kept an output from what was wished; `NONE` where it got it."""

    NONE = ""
    HELD = "held"
    NOT_ARMED = "not_armed"
    TRIPPED = "tripped"
    HEATER_FAULT = "heater_fault"
    TOO_HOT = "too_hot"
    UPPER_BOUND = "upper_bound"
    NO_EVIDENCE = "no_evidence"
    SUSPECT = "suspect_evidence"
    CUTOFF_OPEN = "cutoff_open"
    INTERLOCK = "interlock"
    MAX_POWER = "max_power"
    MAX_ON = "max_on"
    MIN_ON = "min_on"
    MIN_OFF = "min_off"
    QUOTA = "quota"
    COUNT = "count"
    NO_DATE = "no_date"
    FAILED = "failed_before"


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Wish:
    """What somebody wants of an output until `until_s` (monotonic). `is_override` is a person's, who beats controllers.

    `target` is the value that a controller wants its sensor to have, where there is one.
    """

    value: float
    source: str
    reason: str
    until_s: float
    is_override: bool = False
    target: float | None = None


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Situation:
    """Everything that the rules look at.

    `current` is what the output was last told to be. `bar` says why nothing but the safe value may pass at all, with
    `bar_cause`; `interlock` and `cutoff` say what else is in the way; all are empty where nothing is. `evidence` are
    the beliefs in what the output needs, by name. `rest_s` is how long it still has to wait after a failed write.
    """

    now_s: float
    current: float
    account: Account
    bar: str = ""
    bar_cause: Cause = Cause.NOT_ARMED
    evidence: tuple[tuple[str, Belief], ...] = ()
    interlock: str = ""
    cutoff: str = ""
    rest_s: float = 0.0
    today: date | None = None


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Verdict:
    """The permitted value; `cause` and `text` say what bound it last, and are empty where nothing did.

    `lacks` is the full name of what is not believed, where that is the cause.
    """

    value: float
    cause: Cause = Cause.NONE
    text: str = ""
    lacks: str = ""


Rule = Callable[[Rules, float, Situation], Verdict | None]


def decide(rules: Rules, wish: Wish | None, at: Situation) -> Verdict:
    """What the output may be now."""
    verdict = Verdict(value=rules.safe if wish is None else wish.value)
    if wish is not None and not wish.is_override:
        verdict = _held_on(rules, verdict, at)
    for rule in RULES.values():
        if verdict.value == rules.safe:
            break
        bound = rule(rules, verdict.value, at)
        if bound is not None:
            verdict = bound
    return verdict


def _held_on(rules: Rules, verdict: Verdict, at: Situation) -> Verdict:
    """A controller's off waits for the shortest time on, as far as all the rules let it."""
    missing_s = rules.min_on_s - at.account.lasted_s(at.now_s)
    is_early = at.account.is_on and missing_s > ROUNDING_S
    if is_early and rules.is_on(at.current) and not rules.is_on(verdict.value):
        text = f"it goes off in {missing_s:.0f} s, for it has to be on for {rules.min_on_s:g} s"
        return Verdict(value=at.current, cause=Cause.MIN_ON, text=text)
    return verdict


def _barred(rules: Rules, value: float, at: Situation) -> Verdict | None:
    return Verdict(value=rules.safe, cause=at.bar_cause, text=at.bar) if at.bar else None


def _evidence(rules: Rules, value: float, at: Situation) -> Verdict | None:
    """Nothing without what it needs; what is doubtful may hold for a while or reduce, and never raise."""
    doubted = ""
    for name, belief in at.evidence:
        why = f" ({', '.join(belief.reasons)})" if belief.reasons else ""
        if belief.quality is Quality.SUSPECT and at.now_s < belief.hold_until_s:
            doubted = doubted or f"{name} is doubtful{why}"
        elif belief.quality is Quality.SUSPECT:
            text = f"{name} has been doubtful for too long{why}"
            return Verdict(value=rules.safe, cause=Cause.NO_EVIDENCE, text=text, lacks=name)
        elif belief.quality is not Quality.GOOD:
            return Verdict(value=rules.safe, cause=Cause.NO_EVIDENCE, text=f"{name} is not known{why}", lacks=name)
    if doubted and not min(rules.safe, at.current) <= value <= max(rules.safe, at.current):
        held = at.current if (value - rules.safe) * (at.current - rules.safe) > 0 else rules.safe
        return Verdict(value=held, cause=Cause.SUSPECT, text=f"{doubted}: it may hold or go down, not up")
    return None


def _cutoff(rules: Rules, value: float, at: Situation) -> Verdict | None:
    return Verdict(value=rules.safe, cause=Cause.CUTOFF_OPEN, text=at.cutoff) if at.cutoff else None


def _interlock(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if at.interlock and rules.is_on(value):
        return Verdict(value=rules.safe, cause=Cause.INTERLOCK, text=at.interlock)
    return None


def _max_power(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if rules.share(value) > rules.share(rules.most):
        text = f"at most {100 * rules.share(rules.most):g} % of its power are allowed"
        return Verdict(value=rules.most, cause=Cause.MAX_POWER, text=text)
    return None


def _max_on(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if at.account.is_on and rules.is_on(value) and at.account.lasted_s(at.now_s) >= rules.max_on_s - ROUNDING_S:
        text = f"it was on for {rules.max_on_s:g} s, the longest time allowed"
        return Verdict(value=rules.safe, cause=Cause.MAX_ON, text=text)
    return None


def _min_off(rules: Rules, value: float, at: Situation) -> Verdict | None:
    missing_s = rules.min_off_s - at.account.lasted_s(at.now_s)
    if not at.account.is_on and rules.is_on(value) and missing_s > ROUNDING_S:
        text = f"it has to be off for {rules.min_off_s:g} s, which takes another {missing_s:.0f} s"
        return Verdict(value=at.current, cause=Cause.MIN_OFF, text=text)
    return None


def _quota(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if not rules.has_quota or not rules.is_on(value):
        return None
    account = at.account
    for window, most_s, name in (
        (account.hour, rules.per_hour_s, "any hour"),
        (account.day, rules.per_day_s, "24 hours"),
    ):
        allowed_s = most_s if account.is_on else (1.0 - ROOM_SHARE) * most_s
        if account.used_s(window, at.now_s) >= allowed_s - ROUNDING_S:
            text = f"the {most_s:g} s that it may be on in {name} are used up"
            return Verdict(value=rules.safe, cause=Cause.QUOTA, text=text)
    return None


def _count(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if not rules.is_dated or at.account.is_on or not rules.is_on(value):
        return None
    if at.today is None:
        text = "it goes on so many times a day, and the date is not known yet"
        return Verdict(value=rules.safe, cause=Cause.NO_DATE, text=text)
    if at.account.count(at.today) >= rules.per_day_count:
        text = f"it went on {rules.per_day_count:g} times today, which is all that is allowed"
        return Verdict(value=rules.safe, cause=Cause.COUNT, text=text)
    return None


def _failed(rules: Rules, value: float, at: Situation) -> Verdict | None:
    if at.rest_s > ROUNDING_S and value != at.current:
        text = f"the last write to it failed; it is tried again in {at.rest_s:.0f} s"
        return Verdict(value=rules.safe, cause=Cause.FAILED, text=text)
    return None


RULES: Final[dict[str, Rule]] = {
    "armed": _barred,
    "lease": _evidence,
    "cutoff": _cutoff,
    "interlocks": _interlock,
    "max power": _max_power,
    "max on": _max_on,
    "min off": _min_off,
    "quota": _quota,
    "count": _count,
    "failed": _failed,
}
"""In the order in which they are asked; the first that ends in the safe value is the one that people are told."""
