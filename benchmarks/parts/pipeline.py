"""How many commands per second go through with many outstanding; it must not count one that was not answered.

A command counts when its `ack` has come, whatever it says; a state follows each applied command unless a newer state
of the same output took its place in the outbox, which is told. Floor: bare paho that sends each command straight back;
beside it the same with two answers per command, as ours gives: a state and an ack.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from parts.machine import say
from parts.mqtt import Client, Message
from parts.nodes import BARE, OURS, nodes
from parts.processes import Failed
from parts.report import Goal, Row, number, spread

WINDOW = 100
SILENCE_S = 5.0
QOS = 1


@dataclass
class Run:
    """What came of one run over some actuators of one node."""

    rate: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    states: int = 0
    out_of_order: int = 0


def measure(*, quick: bool) -> list[Row]:
    """Ours and the floors take turns; each figure is the median of its repetitions."""
    commands, repetitions = (2_000, 2) if quick else (10_000, 5)
    rows = []
    with nodes(echo_qos=QOS) as there:
        for actuators in (1, 10):
            ours: list[Run] = []
            floor: list[Run] = []
            double: list[Run] = []
            for turn in range(repetitions):
                say(f"{commands} commands to {actuators} actuators, turn {turn + 1} of {repetitions} …")
                ours.append(_run(there.port, OURS, "set", actuators, commands))
                floor.append(_run(there.port, BARE, "set", actuators, commands))
                double.append(_run(there.port, BARE, "set2", actuators, commands))
            rows.append(_row(actuators, commands, ours, floor, double))
    return rows


def _run(port: int, node: str, verb: str, actuators: int, commands: int) -> Run:
    """Keep `WINDOW` commands outstanding until all are answered."""
    root = f"alimante/{node}/actuator"
    names = [f"relay_{number + 1}" for number in range(actuators)]
    answer = "ack" if node == OURS or verb == "set2" else "state"
    subscriptions = [f"{root}/{name}/{leaf}" for name in names for leaf in ("state", "ack")]
    with Client(port, "commander", subscribe=subscriptions) as client:
        run, begin = Run(), perf_counter()
        tally = _Tally(run, f"/{answer}".encode(), is_ours=node == OURS)
        sent = 0
        while tally.answered < commands:
            room = min(WINDOW - (sent - tally.answered), commands - sent)
            if room:
                client.send(b"".join(_command(client, root, names, verb, sent + number) for number in range(room)))
                sent += room
            received = client.receive(SILENCE_S)
            if not received:
                raise Failed(f"{node} answered {tally.answered} of {commands} commands only")
            for message in received:
                tally.take(message)
        run.rate = commands / (perf_counter() - begin)
        while late := client.receive(0.2):
            for message in late:
                tally.take(message)
    return run


def _command(client: Client, root: str, names: list[str], verb: str, number: int) -> bytes:
    """The commands go round the actuators, and each actuator is switched on and off in turn."""
    word = b"OFF" if number // len(names) % 2 else b"ON"
    return client.packet(f"{root}/{names[number % len(names)]}/{verb}", word, qos=QOS)


class _Tally:
    """Counts answers and looks at their order: our node numbers plain commands in the order of their arrival."""

    def __init__(self, run: Run, answer: bytes, *, is_ours: bool) -> None:
        self.answered = 0
        self._run = run
        self._answer = answer
        self._is_ours = is_ours
        self._last: dict[bytes, int] = {}

    def take(self, message: Message) -> None:
        topic, payload = message.topic, message.payload
        if message.is_retained:
            return
        is_state = topic.endswith(b"/state")
        if is_state:
            self._run.states += 1
        if topic.endswith(self._answer):
            self.answered += 1
        if self._is_ours:
            self._look(topic, json.loads(payload), is_state=is_state)

    def _look(self, topic: bytes, said: dict[str, str], *, is_state: bool) -> None:
        if not is_state:
            self._run.outcomes[said["outcome"]] += 1
            if said["outcome"] != "applied":  # what a safe value has overtaken is told after it
                return
        turn = int((said["reason"] if is_state else said["id"]).rpartition("-")[2])
        if turn <= self._last.get(topic, 0):
            self._run.out_of_order += 1
        self._last[topic] = turn


def _row(actuators: int, commands: int, ours: list[Run], floor: list[Run], double: list[Run]) -> Row:
    outcomes: Counter[str] = sum((run.outcomes for run in ours), Counter())
    states = sum(run.states for run in ours)
    unsaid = outcomes["applied"] - states
    rates = [run.rate for run in floor]
    return Row(
        part="pipeline",
        what=f"commands over {actuators} actuator{'s' if actuators > 1 else ''}, {WINDOW} outstanding",
        figure=median(run.rate for run in ours),
        unit="/s",
        floor=median(rates),
        floor_spread=spread(rates),
        peers={"paho with two answers": median(run.rate for run in double)},
        goal=Goal(of="figure", side=">=", limit=8_000),
        note=f"{len(ours)} × {commands} commands at QoS {QOS}, outcomes {dict(outcomes)}, {states} states "
        f"({unsaid} left out for a newer one), {sum(run.out_of_order for run in ours)} out of order; "
        f"turns of ours: {', '.join(number(run.rate) for run in ours)}",
    )
