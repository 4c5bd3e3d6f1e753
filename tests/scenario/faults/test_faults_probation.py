"""F113: a configuration whose sensors cannot answer is gone back from, in virtual time with the real supervisor."""

import asyncio
from pathlib import Path
from typing import Any

from alimante.config.load import Loaded
from alimante.config.model import Config
from alimante.core.clock import ManualClock
from alimante.core.events import ConfigurationChanged
from alimante.lives import begin, oversee
from alimante.policy.rollout import Verdict
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore, digest
from alimante.services.boots import Boots
from hardware.sim.faults import parse
from hardware.sim.sabotage import Sabotage
from tests.scenario.harness import HEATER, PROBE, Run, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

GOOD, BLIND = b"good", b"blind"
STATE = Path("/state")


class Home:
    """A computer whose configuration file says one of two things; `runs` counts what ran."""

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.clock = ManualClock()
        self.file = GOOD
        self.boots = Boots(STATE, files=self.files, kernel="k", now=self.clock.mono)
        self.boots.begin()
        self.configs: dict[bytes, Config] = {
            GOOD: config_of(heater=HEATER),
            BLIND: config_of(warm_probe={**PROBE, "address": "28-0000000000aa"}, heater=HEATER),
        }
        self.rollout = Rollout(
            ConfigStore(STATE, files=self.files),
            path=Path("box.json"),
            wish=lambda: self.file,
            read=self.read,
            wall=float,
        )
        begin(self.rollout, self.boots)

    def read(self, data: bytes) -> Loaded:
        return Loaded(config=self.configs[data], warnings=(), sha256=digest(data), text=data.decode())

    def live(self, story: Any) -> Run:
        """One run of what is to run now."""
        self.reloaded_s: float | None = None

        def on_reload() -> None:
            self.reloaded_s = self.clock.mono()

        def before(run: Run) -> None:
            if self.rollout.running.text == "blind":
                unplug(run)
            oversee(
                run.supervisor,
                self.boots,
                self.rollout,
                news=lambda: asyncio.sleep(2.0),
                obstacle=lambda config: "",
                reload=on_reload,
            )

        return run_supervisor(self.rollout.running.config, story, before=before, files=self.files, clock=self.clock)


def unplug(run: Run) -> None:
    """Nothing answers at the address that the configuration names: each run opens wires of its own here."""
    world = run.supervisor.wires.world
    assert world is not None
    sabotage = Sabotage(world, now=lambda: 0.0, sleep=lambda name, seconds: None, seed=1)
    sabotage.add(parse("warm_probe=off@0"))
    sabotage.step()


def test_f113_what_makes_the_sensors_fail_is_gone_back_from_within_150_s():
    home = Home()
    run = home.live(lambda run: asyncio.sleep(130.0))
    assert home.rollout.journal.committed == digest(GOOD)
    assert run.seen(ConfigurationChanged, verdict=Verdict.COMMITTED)

    async def edit(run: Run) -> None:
        home.file = BLIND
        await asyncio.sleep(10.0)

    home.live(edit)
    assert home.reloaded_s is not None
    assert home.rollout.advance().text == "blind"
    changed_s = home.clock.mono()
    run = home.live(lambda run: asyncio.sleep(140.0))
    assert home.reloaded_s is not None
    assert home.reloaded_s - changed_s <= 150.0
    assert run.truth.loads["heater"].cycles == 0
    (event,) = run.seen(ConfigurationChanged, verdict=Verdict.ROLLED_BACK)
    assert "warm_probe.temperature does not answer any more" in event.reason
    assert home.rollout.advance().text == "good"
    home.live(lambda run: asyncio.sleep(60.0))
    assert home.reloaded_s is None, "what was refused is tried again although the file has not changed"
