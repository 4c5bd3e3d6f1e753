"""How many sensor states per second get from an event to an observer; it must not count what was coalesced.

Ours: the shipped event bus, bridge, client and link in one process, at QoS 1 with retain. Floor: bare paho publishing
a payload of the same size at QoS 1 with retain; at QoS 0 beside it.
"""

from statistics import median
from time import perf_counter

from parts.machine import say
from parts.mqtt import Client
from parts.processes import Failed, broker, child
from parts.report import Goal, Row, number, spread

CHANNELS = 1000
SKIPPED = 1000
"""The first messages count as warm-up."""
SILENCE_S = 10.0


def measure(*, quick: bool) -> list[Row]:
    """All variants take turns; each figure is the median of its repetitions."""
    messages, repetitions = (10_000, 2) if quick else (50_000, 3)
    rates: dict[str, list[float]] = {"ours": [], "bare 1": [], "bare 0": []}
    with broker() as port:
        for turn in range(repetitions):
            say(f"publishing {messages} states, turn {turn + 1} of {repetitions} …")
            for name, values in rates.items():
                values.append(_rate(port, name, f"bench_{turn}_{name.replace(' ', '_')}", messages))
    middle = {name: median(values) for name, values in rates.items()}
    return [
        Row(
            part="publishes",
            what="sensor states from event to observer",
            figure=middle["ours"],
            unit="/s",
            floor=middle["bare 1"],
            floor_spread=spread(rates["bare 1"]),
            peers={"paho at QoS 0": middle["bare 0"]},
            goal=Goal(of="figure", side=">=", limit=12_000),
            note=f"{messages} messages, none coalesced; turns of ours: {', '.join(number(r) for r in rates['ours'])}",
        )
    ]


def _rate(port: int, name: str, node: str, messages: int) -> float:
    """Messages per second as the observer received them, in the sustained part."""
    with Client(port, f"observer-{node}", subscribe=[f"alimante/{node}/sensor/+/+/state"]) as observer:
        program, more = ("our_publisher", ()) if name == "ours" else ("bare_publisher", (name[-1],))
        with child(program, port, node, messages, CHANNELS, *more) as process:
            count, begin_s, end_s = 0, 0.0, perf_counter()
            begin_count = 0
            while count < messages:
                received = observer.receive(SILENCE_S)
                if not received:
                    raise Failed(f"{program} fell silent after {count} of {messages} messages ({process.poll()})")
                count += len(received)
                end_s = received[-1].at_s
                if count >= SKIPPED and not begin_count:
                    begin_count, begin_s = count, end_s
        return (count - begin_count) / (end_s - begin_s)
