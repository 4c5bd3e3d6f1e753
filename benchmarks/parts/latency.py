"""How long a command takes to come back as a state, one at a time; it must not overlap two commands.

Ours: `ON`/`OFF` to `actuator/relay_1/set`, through gate, worker thread, relay driver and read-back on simulated pins,
to `actuator/relay_1/state`. Floor: bare paho that sends each command straight back. Both live beside one another at
one broker and are asked in turns, by the same client.
"""

from statistics import median
from time import perf_counter

from parts.machine import say
from parts.mqtt import Client
from parts.nodes import BARE, OURS, nodes
from parts.processes import Failed
from parts.report import Goal, Row, number, percentile, spread

BLOCK = 100
DEVICE = "relay_1"
SILENCE_S = 5.0


def measure(*, quick: bool) -> list[Row]:
    """Two rows per QoS: p50 and p99."""
    blocks = 4 if quick else 20
    return [row for qos in (0, 1) for row in _rows(qos, *_trips(qos, blocks=blocks))]


def _trips(qos: int, *, blocks: int) -> tuple[list[list[float]], list[list[float]]]:
    """Durations in microseconds of ours and of the floor, block by block; the first of each is warm-up."""
    ours: list[list[float]] = []
    floor: list[list[float]] = []
    with nodes(echo_qos=qos) as there:
        topics = [f"alimante/{node}/actuator/{DEVICE}/state" for node in (OURS, BARE)]
        with Client(there.port, "commander", subscribe=topics, qos=qos) as client:
            for turn in range(blocks + 1):
                say(f"commands at QoS {qos}, block {turn} of {blocks} …")
                ours.append([_trip_us(client, OURS, qos, on=bool(trip % 2 == 0)) for trip in range(BLOCK)])
                floor.append([_trip_us(client, BARE, qos, on=bool(trip % 2 == 0)) for trip in range(BLOCK)])
    return ours[1:], floor[1:]


def _trip_us(client: Client, node: str, qos: int, *, on: bool) -> float:
    word = b"ON" if on else b"OFF"
    state = f"alimante/{node}/actuator/{DEVICE}/state".encode()
    command = client.packet(f"alimante/{node}/actuator/{DEVICE}/set", word, qos=qos)
    started_s = perf_counter()
    client.send(command)
    while True:
        received = client.receive(SILENCE_S)
        if not received:
            raise Failed(f"{node} did not answer {word.decode()} within {SILENCE_S:g} s")
        for message in received:
            if message.topic == state and not message.is_retained and _says(message.payload, word):
                return (message.at_s - started_s) * 1e6


def _says(payload: bytes, word: bytes) -> bool:
    """Whether a state answers the command: the floor echoes the word, we say it as the value read back."""
    return payload == word or payload.startswith(b'{"value":"%s"' % word)


def _rows(qos: int, ours: list[list[float]], floor: list[list[float]]) -> list[Row]:
    mine, bare = [trip for block in ours for trip in block], [trip for block in floor for trip in block]
    rows = []
    for name, fraction, limit in (("p50", 0.5, 2.0), ("p99", 0.99, None)):
        rows.append(
            Row(
                part="latency",
                what=f"command → state at QoS {qos}, {name}",
                figure=percentile(mine, fraction),
                unit="µs",
                floor=percentile(bare, fraction),
                floor_spread=spread([percentile(block, fraction) for block in floor]),
                goal=Goal(of="ratio", side="<=", limit=limit) if limit else None,
                note=f"{len(mine)} round trips in {len(ours)} blocks; block by block the ratio of the medians lies "
                f"between {_ratios(ours, floor)}"
                if limit
                else "",
            )
        )
    return rows


def _ratios(ours: list[list[float]], floor: list[list[float]]) -> str:
    ratios = [median(mine) / median(bare) for mine, bare in zip(ours, floor, strict=True)]
    return f"{number(min(ratios))} and {number(max(ratios))}"
