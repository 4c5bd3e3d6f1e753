"""When the verdict on an output that is on as wished cannot have changed; it must not be asked about anything else.

Most looks of the gate are at an output that stands as it is wished to, with nothing new since the look before. All
rules would say the same again: this module says for how long, from what they look at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from alimante.config.outputs import InterlockKeys
from alimante.core.events import Quality
from alimante.policy.belief import Belief
from alimante.safety.cutoffs import Served
from alimante.safety.decision import ROUNDING_S, Cause, Situation, Verdict, Wish
from alimante.safety.output import Output, Outputs

Look = Callable[[str], Belief]


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """`wish` was granted in full to an output that was on as wished already, since `since_s`.

    The rules would say the same again before `until_s`, as long as `wish` and the beliefs in what the output needs are
    the very same objects, it was not switched meanwhile, and nothing bars it.
    """

    wish: Wish
    value: float
    since_s: float
    beliefs: tuple[tuple[str, Belief], ...]
    until_s: float

    def holds(self, output: Output, wish: Wish | None, now_s: float, look: Look) -> bool:
        """Whether nothing has changed; `look` is asked for the beliefs. That nothing bars it is for others to say."""
        account = output.account
        if wish is not self.wish or now_s >= self.until_s or output.waiting or not output.is_confirmed:
            return False
        if output.commanded != self.value or not account.is_on or account.since_s != self.since_s:
            return False
        for name, belief in self.beliefs:  # noqa: SIM110 - a generator costs more than what it looks at
            if look(name) is not belief:
                return False
        return True


def grant(output: Output, wish: Wish | None, verdict: Verdict, at: Situation) -> Grant | None:
    """How long `verdict` holds, if it gives an output that is on what is wished; None if it may change any moment."""
    account, rules = output.account, output.rules
    if wish is None or verdict.cause is not Cause.NONE or not verdict.value == wish.value == output.commanded:
        return None
    if not account.is_on or not rules.is_on(wish.value) or wish.value == output.safe or output.waiting:
        return None
    if any(belief.quality is not Quality.GOOD for _, belief in at.evidence):
        return None  # what is doubtful may hold for a while only
    left_s = rules.max_on_s - account.lasted_s(at.now_s)
    for window, most_s in ((account.hour, rules.per_hour_s), (account.day, rules.per_day_s)):
        if most_s < inf:  # no more is used up than time goes by
            left_s = min(left_s, most_s - account.used_s(window, at.now_s))
    # The rules allow for rounding errors: with twice as much they are asked before they say anything else.
    until_s = at.now_s + left_s - 2.0 * ROUNDING_S
    return Grant(wish=wish, value=wish.value, since_s=account.since_s, beliefs=at.evidence, until_s=until_s)


def dues_s(output: Output, now_s: float) -> list[float]:
    """When times of an output that is on are over, at the earliest."""
    account, rules = output.account, output.rules
    dues = [account.since_s + rules.max_on_s, *ends_s(output)]
    if rules.per_hour_s < inf:
        dues.append(now_s + rules.per_hour_s - account.used_s(account.hour, now_s))
    if rules.per_day_s < inf:
        dues.append(now_s + rules.per_day_s - account.used_s(account.day, now_s))
    return dues


def ends_s(output: Output) -> list[float]:
    """When wishes for `output` are over: the only times that are, before a grant is."""
    ends = [wish.until_s for wish in output.demands.values()]
    if output.override is not None:
        ends.append(output.override.until_s)
    return ends


def lone(outputs: Outputs, interlocks: Sequence[InterlockKeys], served: Served) -> frozenset[str]:
    """The ids of outputs whose rules look at no other one: neither interlocked nor on any side of a cutoff."""
    tied = {name for interlock in interlocks for name in interlock.outputs} | served.keys()
    tied |= {heater.id for heaters in served.values() for heater in heaters}
    return frozenset(outputs.keys() - tied)
