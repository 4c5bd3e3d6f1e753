"""What is believed of channels, what is told of them, and when."""

import asyncio
from dataclasses import replace

import pytest
from fakes import HUMIDITY, TEMPERATURE, FarSensor, a_sensor, an_actuator, heard, raising

from alimante.config.model import Role
from alimante.config.readings import ChannelKeys, ReadingKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, Level, OutputChanged, Quality, ReadingAged, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.belief import Belief
from alimante.services.readings import Readings
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Range, Sample, Unit
from hardware.errors import BadData, NoAnswer

GOOD, SUSPECT, UNKNOWN = Quality.GOOD, Quality.SUSPECT, Quality.UNKNOWN
DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)


class Bench:
    """Sensors, read by hand, whose readings are kept in virtual time."""

    def __init__(self, *sensors, **options):
        self.sensors = sensors or (a_sensor(),)
        self.options = options
        self.clock = ManualClock()
        self.bus = EventBus()
        self.far = {sensor.id: FarSensor() for sensor in self.sensors}
        self.aged = heard(self.bus, ReadingAged)
        self.said = heard(self.bus, ConditionChanged)

    def run(self, main):
        async def with_readings():
            worker = InlineWorker("i2c", clock=self.clock, on_wedged=lambda *told: None)
            self.handles = {
                sensor.id: SensorHandle(sensor, wire=self.far[sensor.id], worker=worker, clock=self.clock, bus=self.bus)
                for sensor in self.sensors
            }
            tasks = Tasks(lambda name, error: failures.append(error))
            self.readings = Readings(self.handles, bus=self.bus, clock=self.clock, tasks=tasks, **self.options)
            await self.readings.start()
            await main()
            await self.readings.stop()

        failures = []
        run_virtual(with_readings(), self.clock)
        assert failures == []

    def answer(self, value, sensor="probe", channel="temperature"):
        self.far[sensor].answer = lambda sleep: [Sample(channel, value)]

    def fail(self, sensor="probe"):
        self.far[sensor].answer = raising(NoAnswer("nobody"))

    async def read(self, times=1, *, sensor="probe", every_s=5.0):
        for _ in range(times):
            await self.handles[sensor].read()
            await asyncio.sleep(every_s)

    def believed(self, full="probe.temperature"):
        return self.readings.believed(full)

    def conditions(self):
        return [(event.component, event.condition, event.level) for event in self.said]


def with_channel(sensor, **keys):
    return replace(sensor, reading=ReadingKeys(channels={"temperature": ChannelKeys(**keys)}))


def heater(duty, bench, device="heater"):
    bench.bus.publish(
        OutputChanged(
            device=device, value=duty, commanded=duty or 0.0, source="t", reason="t", since_s=bench.clock.mono()
        )
    )


class TestBeliefs:
    def test_before_the_first_reading_nothing_is_believed(self):
        bench = Bench()

        async def main():
            assert (bench.believed().value, bench.believed().quality) == (None, UNKNOWN)

        bench.run(main)

    def test_what_has_no_name_is_a_key_error(self):
        bench = Bench()

        async def main():
            with pytest.raises(KeyError):
                bench.believed("probe")

        bench.run(main)

    def test_a_group_is_asked_with_the_beliefs_of_the_channels_and_the_time(self):
        def of_group(believed, now_s):
            assert now_s == bench.clock.mono()
            return replace(believed("probe.temperature"), reasons=("group",))

        bench = Bench(groups={"basking": of_group})

        async def main():
            await bench.read()
            group = bench.believed("basking")
            assert isinstance(group, Belief)
            assert (group.value, group.reasons) == (21.5, ("group",))

        bench.run(main)

    def test_a_miss_and_a_bad_reading_change_nothing_and_are_counted(self):
        bench = Bench()

        async def main():
            await bench.read(2)
            bench.fail()
            await bench.read(every_s=0.0)
            bench.answer(400.0)
            await bench.read(every_s=0.0)
            assert (bench.believed().value, bench.believed().quality) == (21.5, GOOD)
            channel = bench.readings.channels["probe.temperature"]
            assert (channel.missed, channel.bad) == (1, 1)

        bench.run(main)
        assert bench.aged == bench.said == []

    def test_readings_of_nobody_known_are_nobodys_business(self):
        bench = Bench()

        async def main():
            stranger = ReadingTaken(
                device="ghost", channel="temperature", value=1.0, unit="", quality=GOOD, measured_s=0.0, seq=1
            )
            bench.bus.publish(stranger)
            assert bench.bus.failures == {}

        bench.run(main)


class TestAges:
    def test_silence_alone_makes_a_channel_suspect_and_then_unknown_at_their_moments(self):
        bench = Bench()
        moments = []
        bench.bus.subscribe(ReadingAged, lambda event: moments.append(bench.clock.mono()))

        async def main():
            begun_s = bench.clock.mono()
            await bench.read()
            await asyncio.sleep(100)
            assert [moment - begun_s for moment in moments] == pytest.approx([15.0, 30.0], abs=0.01)

        bench.run(main)
        assert [(event.quality, event.value) for event in bench.aged] == [(SUSPECT, 21.5), (UNKNOWN, None)]

    def test_a_sensor_that_is_never_read_is_unknown_after_a_while(self):
        bench = Bench()

        async def main():
            await asyncio.sleep(29)
            assert bench.aged == []
            await asyncio.sleep(2)

        bench.run(main)
        assert [(event.quality, event.measured_s) for event in bench.aged] == [(UNKNOWN, None)]

    def test_each_channel_has_its_own_moments_whatever_the_others_poll(self):
        bench = Bench(a_sensor("slow", poll_s=3600.0), a_sensor("fast"))

        async def main():
            await bench.read(sensor="slow", every_s=0.0)
            bench.fail("fast")
            await bench.read(sensor="fast", every_s=100.0)  # unknown, so nobody waits for it
            bench.far["fast"].answer = FarSensor().answer
            begun_s = bench.clock.mono()
            await bench.read(sensor="fast", every_s=20.0)
            assert bench.aged[-1].quality is SUSPECT
            assert bench.aged[-1].measured_s == begun_s

        bench.run(main)

    def test_old_data_are_told_to_be_old_each_time_they_come(self):
        bench = Bench()
        bench.far["probe"].answer = lambda sleep: [Sample("temperature", 21.5, age_s=20.0)]

        async def main():
            await bench.read(3)
            assert bench.believed().quality is SUSPECT

        bench.run(main)
        assert [event.quality for event in bench.aged] == [SUSPECT] * 3
        assert bench.conditions() == [("probe", "stale", Level.WARNING)]

    def test_after_a_stop_nothing_is_told(self):
        bench = Bench()

        async def main():
            await bench.read()
            await bench.readings.stop()
            await asyncio.sleep(100)

        bench.run(main)
        assert bench.aged == []


class TestConditions:
    @pytest.mark.parametrize(("vital", "level"), [((), Level.WARNING), (("probe",), Level.CRITICAL)])
    def test_a_lost_sensor_is_critical_when_an_output_depends_on_it(self, vital, level):
        bench = Bench(vital=vital)

        async def main():
            bench.fail()
            await bench.read()
            bench.answer(21.5)
            await bench.read()

        bench.run(main)
        assert bench.conditions() == [("probe", "lost", level), ("probe", "lost", Level.CLEAR)]
        assert "nobody" in bench.said[0].text
        assert bench.said[0].advice

    def test_two_channels_are_one_condition(self):
        bench = Bench(a_sensor(channels=(TEMPERATURE, HUMIDITY)))

        async def main():
            bench.fail()
            await bench.read()
            bench.far["probe"].answer = lambda sleep: [Sample("temperature", 20.0), Sample("humidity", 120.0)]
            await bench.read()
            assert len(bench.said) == 1
            bench.far["probe"].answer = lambda sleep: [Sample("temperature", 20.0), Sample("humidity", 50.0)]
            await bench.read()

        bench.run(main)
        assert bench.conditions() == [("probe", "lost", Level.WARNING), ("probe", "lost", Level.CLEAR)]

    def test_failures_now_and_then_are_told_and_a_lost_sensor_is_told_once(self):
        bench = Bench()

        async def main():
            for _ in range(40):
                bench.answer(21.5)
                await bench.read(every_s=1.0)
                bench.fail()
                await bench.read(every_s=1.0)
            assert bench.conditions() == [("probe", "error_density", Level.WARNING)]
            bench.answer(21.5)
            await bench.read(15, every_s=1.0)
            assert bench.conditions()[1:] == [("probe", "error_density", Level.CLEAR)]

        bench.run(main)

    def test_alarm_limits_have_a_hysteresis(self):
        bench = Bench(with_channel(a_sensor(), alarm_low=20.0, alarm_high=22.0, alarm_hysteresis=0.5))

        async def main():
            for value in (21.9, 22.1, 21.6, 21.4, 20.0, 19.9, 20.4, 20.6):
                bench.answer(value)
                await bench.read()
                assert bench.believed().quality is GOOD

        bench.run(main)
        assert [(condition, level) for _, condition, level in bench.conditions()] == [
            ("too_high", Level.WARNING),
            ("too_high", Level.CLEAR),
            ("too_low", Level.WARNING),
            ("too_low", Level.CLEAR),
        ]
        assert "22.1 °C" in bench.said[0].text


HALF_AN_HOUR = 361  # readings at 5 s


class TestStuck:
    def bench(self, *others, zone=None, outputs=None, **options):
        warm = an_actuator("heater")
        outputs = [replace(warm, role=Role.HEATER, zone="warm")] if outputs is None else outputs
        return Bench(replace(a_sensor(), zone=zone or "warm"), *others, outputs=outputs, **options)

    def stuck_after(self, bench, story):
        """Whether the probe is called stuck after half an hour of the same, with `story` after its first minute."""

        async def main():
            heater(0.0, bench)
            await bench.read(12)
            await story()
            await bench.read(HALF_AN_HOUR)

        bench.run(main)
        return ("probe", "stuck", Level.WARNING) in bench.conditions()

    def test_a_heater_that_went_on_and_stayed_on_must_be_felt(self):
        bench = self.bench()

        async def story():
            heater(1.0, bench)

        assert self.stuck_after(bench, story)
        assert bench.conditions() == [("probe", "stuck", Level.WARNING)]

    def test_so_must_one_that_went_off(self):
        bench = self.bench()

        async def story():
            heater(0.0, bench)
            heater(1.0, bench)
            await asyncio.sleep(0)
            bench.answer(22.0)
            await bench.read(12)
            heater(0.0, bench)

        assert self.stuck_after(bench, story)

    def test_a_heater_of_another_zone_proves_nothing(self):
        bench = self.bench(zone="cool")

        async def story():
            heater(1.0, bench)

        assert not self.stuck_after(bench, story)

    def test_a_heater_that_switches_all_the_time_proves_nothing(self):
        bench = self.bench()

        async def story():
            for turn in range(40):
                heater(float(turn % 2), bench)
                await bench.read(12)
            assert bench.said == []

        assert self.stuck_after(bench, story)  # once it has stayed as it was at last

    @pytest.mark.parametrize(("duty", "is_stuck"), [(20.0, False), (30.0, True)])
    def test_a_change_of_duty_counts_from_30_points(self, duty, is_stuck):
        dimmed = replace(an_actuator("heater", accepts=DIMMER), role=Role.HEATER, zone="warm")
        bench = self.bench(outputs=[dimmed])

        async def story():
            heater(duty, bench)

        assert self.stuck_after(bench, story) is is_stuck

    def test_an_output_whose_value_is_not_known_proves_nothing(self):
        bench = self.bench()

        async def story():
            heater(None, bench)

        assert not self.stuck_after(bench, story)

    @pytest.mark.parametrize(("moved_c", "is_stuck"), [(0.9, False), (1.0, True)])
    def test_a_sibling_in_the_zone_that_moved_shows_it(self, moved_c, is_stuck):
        bench = self.bench(replace(a_sensor("beside"), zone="warm"))

        async def story():
            bench.answer(20.0 + moved_c, "beside")
            await bench.read(sensor="beside", every_s=0.0)

        bench.answer(20.0, "beside")

        async def with_sibling():
            await bench.handles["beside"].read()
            await bench.read(12)
            await story()
            await bench.read(HALF_AN_HOUR)

        bench.run(with_sibling)
        assert (("probe", "stuck", Level.WARNING) in bench.conditions()) is is_stuck

    def test_a_sibling_elsewhere_counts_when_it_is_in_the_same_group(self):
        for members, is_stuck in (([], False), ([("probe.temperature", "far.temperature")], True)):
            bench = self.bench(replace(a_sensor("far"), zone="cool"), members=members)
            bench.answer(20.0, "far")

            async def main(bench=bench):
                await bench.handles["far"].read()
                await bench.read(12)
                bench.answer(23.0, "far")
                for _ in range(4):
                    await bench.read(sensor="far")
                await bench.read(HALF_AN_HOUR)

            bench.run(main)
            assert (("probe", "stuck", Level.WARNING) in bench.conditions()) is is_stuck


def test_wrong_answers_in_a_row_make_a_channel_unknown_and_one_right_one_ends_the_row():
    bench = Bench(with_channel(a_sensor(), plausible_low=0.0, plausible_high=50.0))

    async def main():
        bench.answer(21.0)
        await bench.read(every_s=0.1)
        bench.answer(99.0)
        await bench.read(3, every_s=0.1)
        assert bench.believed().quality is GOOD
        bench.answer(21.0)
        await bench.read(every_s=0.1)
        bench.far["probe"].answer = raising(BadData("checksum"))
        await bench.read(2, every_s=0.1)
        bench.answer(99.0)
        await bench.read(1, every_s=0.1)
        assert bench.believed().quality is GOOD
        await bench.read(1, every_s=0.1)  # a checksum and a wild value are both wrong answers
        assert bench.believed().quality is UNKNOWN
        assert bench.believed().reasons == ("4 wrong answers in a row",)
        assert [told.quality for told in bench.aged] == [UNKNOWN]
        bench.answer(21.0)
        await bench.read(every_s=0.1)
        assert bench.believed().quality is GOOD

    bench.run(main)


def test_silence_is_no_wrong_answer_and_goes_by_age():
    bench = Bench(replace(a_sensor(), reading=ReadingKeys(wrong_after=2)))

    async def main():
        bench.answer(21.0)
        await bench.read(every_s=0.1)
        bench.fail()
        await bench.read(10, every_s=0.1)
        assert bench.believed().quality is GOOD

    bench.run(main)
