"""What a supervisor needs of the world outside it; it must not choose between the real and the simulated one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alimante.config.model import Mqtt
from alimante.core.clock import Clock
from alimante.core.files import Files
from alimante.core.rng import RandomStreams
from alimante.io.worker import Worker
from alimante.mqtt.link import Link, Will
from alimante.services.boots import NO_BOOTS
from alimante.services.control_socket import Answer
from alimante.services.notices import Notices
from alimante.services.system_facts import SystemFacts
from alimante.wiring import Wires

OnWedged = Callable[[bool, str], None]


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a supervisor needs of the world outside it, real or simulated.

    `notices` are those of the process, which may have more runs than this one.
    `worker(wire, on_wedged)` makes the worker of a wire. `link(mqtt, will, use_v5)` makes one connection to the
    broker; None leaves MQTT out. `runtime_dir` is where the control socket lies; None leaves it out. `files` reaches
    `state_dir`, where state is kept. `facts` tells numbers about the computer. `wires` are
    those of an earlier run on the same simulated enclosure; None opens them. `watchdog_s` is how often the service
    manager wants a sign of life, None when it wants none; `beat` gives one to the guard, and `hand_over` leaves the
    outputs to it for good. `safe_mode` is why outputs are
    held safe in this run, empty when they are not. `boot` tells how the run before this one ended. `answers` are more
    questions that the control socket answers; they may come until the run begins.
    """

    clock: Clock
    streams: RandomStreams
    notices: Notices
    worker: Callable[[str, OnWedged], Worker]
    link: "Callable[[Mqtt, Will, bool], Link] | None"
    files: Files
    state_dir: Path
    facts: SystemFacts
    runtime_dir: Path | None = None
    wires: Wires | None = None
    watchdog_s: float | None = None
    beat: Callable[[], None] = lambda: None
    hand_over: Callable[[], None] = lambda: None
    safe_mode: str = ""
    boot: Callable[[], Mapping[str, Any]] = lambda: NO_BOOTS
    answers: dict[str, Answer] = field(default_factory=dict)
