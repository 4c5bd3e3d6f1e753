"""The supervisor's own numbers: what waits, what was lost and what is cut off, on demand and over MQTT."""

import asyncio
import json

import pytest

from alimante.core.events import ReadingTaken
from alimante.mqtt.link import Will
from alimante.simulation.broker import MemoryBroker
from tests.scenario.harness import HEATER, config_of, run_supervisor

ROOT = "alimante/test"
OF_PARTS = {
    "wire_pins_waiting",
    "wire_probes_late",
    "wire_probes_given_up",
    "disk_waiting",
    "outbox_waiting",
    "outbox_dropped",
    "mqtt_refused",
    "mailboxes_waiting",
    "mailboxes_dropped",
    "bus_lost",
    "loop_lag_s",
    "loop_lag_longest_s",
    "breakers_open",
    "components_broken",
    "read_latency_mean_s",
    "read_latency_max_s",
}


def metrics_after(story, *, wait_s=25.0):
    """What `alimante metrics --json` prints `wait_s` after `story(run)`, and what a broker holds."""
    broker, told = MemoryBroker(), {}

    async def tell(run):
        await asyncio.sleep(20)
        await story(run)
        await asyncio.sleep(wait_s)
        told.update(await run.supervisor.questions.answers()["metrics"]({}))

    run_supervisor(config_of(heater=HEATER), tell, link=lambda mqtt, will, use_v5: broker.link(will))
    return told


async def nothing(run):
    pass


def test_every_part_has_its_numbers_in_the_answer():
    told = metrics_after(nothing)
    assert set(told["metrics"]) >= OF_PARTS
    assert told["metrics"]["breakers_open"]["value"] == 0
    assert told["metrics"]["outbox_waiting"]["value"] <= 20
    assert told["counts"]["recoveries_succeeded"] == 0


def test_a_breaker_that_opens_and_what_is_broken_are_counted():
    async def unplug(run):
        run.wire("probes").remove("28-0316a2795bff")

    told = metrics_after(unplug, wait_s=120)
    assert told["metrics"]["breakers_open"]["max"] >= 1
    assert told["metrics"]["components_broken"]["value"] == 1
    assert told["counts"]["breakers_open"] >= 1
    assert sum(told["counts"][f"recoveries_{how}"] for how in ("failed", "succeeded")) >= 1


def test_a_mailbox_that_nobody_empties_is_seen_to_fill():
    async def open_mailbox(run):
        run.supervisor.bus.queue(ReadingTaken, name="slow", capacity=3)

    told = metrics_after(open_mailbox, wait_s=60)
    assert told["metrics"]["mailboxes_waiting"]["value"] == 3
    assert told["metrics"]["mailboxes_dropped"]["value"] > 0


def test_a_mailbox_that_is_closed_counts_no_more():
    async def open_and_close(run):
        mailbox = run.supervisor.bus.queue(ReadingTaken, name="short", capacity=3)
        await asyncio.sleep(30)
        mailbox.close()
        mailbox.close()

    told = metrics_after(open_and_close, wait_s=30)
    assert told["metrics"]["mailboxes_waiting"]["value"] == 0
    assert told["metrics"]["mailboxes_waiting"]["max"] > 0


def test_calls_that_wait_for_a_wire_are_counted():
    async def stall(run):
        worker = run.supervisor.workers["probes"]
        worker.submit(lambda: worker.sleep(60), lambda done: None, label="slow", deadline_s=100)
        for _ in range(2):
            worker.submit(lambda: None, lambda done: None, label="waits", deadline_s=100)

    told = metrics_after(stall, wait_s=25)
    assert told["metrics"]["wire_probes_waiting"]["max"] >= 2
    assert told["metrics"]["wire_pins_waiting"]["max"] == 0


def test_the_same_is_told_over_mqtt_when_it_is_asked_for():
    broker, heard = MemoryBroker(), []

    async def tell(run):
        await asyncio.sleep(30)
        observer = broker.link(Will("observer", b""))
        await observer.open(lambda message: heard.append(json.loads(message.payload)), lambda number, code: None)
        await observer.subscribe([f"{ROOT}/metrics/state"])
        broker.take(f"{ROOT}/metrics/get", b"", retain=False)
        await asyncio.sleep(5)

    run_supervisor(config_of(heater=HEATER), tell, link=lambda mqtt, will, use_v5: broker.link(will))
    assert set(heard[0]["metrics"]) >= OF_PARTS
    assert heard[0]["metrics"]["mqtt_refused"]["value"] == pytest.approx(0)
