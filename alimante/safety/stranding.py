"""When an output that should be off, and may still be on, is beyond the means of this process; it must not end it.

Another process has wires, descriptors, memory and threads of its own. What this process has not itself had on, as a
line that somebody else holds, is no reason: a new process would find it just so, and end, and end again.
"""

from typing import Final

from alimante.config.model import Role
from alimante.safety.cutoffs import Served
from alimante.safety.output import Output, Outputs

AFTER_S: Final = 3.5
"""So long the safe value is tried again, with a driver opened anew among it: four tries at a tick of one second.

At the longest tick of 5 s that is noticed 8.5 s after the first try at the latest: with what the guard needs then, a
heater is off within ten seconds.
"""

UNANSWERED: Final = 4
"""So many tries of which nothing was ever heard count like one that failed."""

MAY_WARM: Final = frozenset({Role.HEATER, Role.LIGHT, Role.UVB, Role.OTHER})
"""What cooks when it stays on, or may, for all that is known of it.

For a fan or a pump nothing ends: until every output was seen safe again nothing may be on, and an animal needs heat.
"""

HARMFUL: Final = MAY_WARM | {Role.CUTOFF}


def stranded(outputs: Outputs, served: Served, now_s: float, *, after_s: float = AFTER_S) -> str:
    """Why this process has to leave its outputs to another one; empty while it need not."""
    for output in outputs.values():
        since_s = output.unsafe_since_s
        if since_s is None or now_s - since_s < after_s or not _is_tried(output) or not _is_harmful(output):
            continue
        if output.rules.role is Role.CUTOFF:
            if any(heater.is_dangerous for heater in served.get(output.id, ())):
                return f"{output.id} cannot be opened: {output.reason}"
        elif not _is_cut_off(output, outputs, served):
            return f"{output.id} cannot be seen to be {output.say(output.safe)}: {output.reason}"
    return ""


def _is_tried(output: Output) -> bool:
    return output.failed_safe > 0 or output.unsafe_asks >= UNANSWERED


def _is_harmful(output: Output) -> bool:
    is_off_safe = not output.rules.is_on(output.safe)
    return is_off_safe and output.account.is_on and output.rules.role in HARMFUL


def _is_cut_off(output: Output, outputs: Outputs, served: Served) -> bool:
    """Whether the safety relay before `output` was seen open."""
    return any(
        output in heaters and outputs[name].is_confirmed and not outputs[name].rules.is_on(outputs[name].commanded)
        for name, heaters in served.items()
    )
