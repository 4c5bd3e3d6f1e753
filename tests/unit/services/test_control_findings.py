"""What a controller finds out for a person becomes a condition, told once and taken back."""

from alimante.control.controller import Finding
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, Level
from alimante.core.tasks import Tasks
from alimante.policy.belief import unknown
from alimante.services.control import ControlService


class Teller:
    """A controller that wishes for nothing and finds what it is told to."""

    id, outputs = "meals", ()

    def __init__(self):
        self.found: dict[str, Finding] = {}

    def decide(self, look):
        return ()

    def report(self):
        return {}

    def findings(self):
        return self.found


def test_a_finding_is_told_on_each_change_and_taken_back(bus):
    told: list[ConditionChanged] = []
    bus.subscribe(ConditionChanged, told.append)
    teller = Teller()
    service = ControlService(
        [teller],
        believed=lambda name: unknown(),
        local=lambda: None,
        ask=lambda device, value, **said: None,
        bus=bus,
        clock=ManualClock(),
        tasks=Tasks(lambda name, error: None),
        tick_s=1.0,
    )
    for found in (
        {},
        {"missed": Finding(text="one")},
        {"missed": Finding(text="one")},
        {"missed": Finding(text="two")},
        {},
    ):
        teller.found = found
        service.tick()
    assert [(one.component, one.condition, one.level, one.text) for one in told] == [
        ("meals", "missed", Level.WARNING, "one"),
        ("meals", "missed", Level.WARNING, "two"),
        ("meals", "missed", Level.CLEAR, "over: two"),
    ]
