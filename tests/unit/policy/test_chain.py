"""What is good, suspect and bad, and in which order that is found."""

import math
from dataclasses import replace
from random import Random

import pytest
from fakes import HUMIDITY, TEMPERATURE
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.readings import ChannelKeys, ReadingKeys, rules
from alimante.core.events import Quality
from alimante.policy.chain import IDENTICAL, NOISY, STUCK, Chain, Judged, Rules
from hardware.api import Channel, Unit

GOOD, SUSPECT, BAD = Quality.GOOD, Quality.SUSPECT, Quality.BAD
POLL_S = 5.0
PROBE = Channel("temperature", Unit.CELSIUS, -55.0, 125.0, "temperature", power_on=85.0)


def a_chain(channel=TEMPERATURE, **keys):
    return Chain(channel, rules(channel, ReadingKeys(channels={channel.name: ChannelKeys(**keys)}), POLL_S))


def feed(chain, values, start_s=100.0, every_s=POLL_S):
    return [chain.judge(value, measured_s=start_s + index * every_s) for index, value in enumerate(values)]


def qualities(chain, values, **times):
    return [judged.quality for judged in feed(chain, values, **times)]


class TestWhatCanBe:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
    def test_f014_what_is_no_finite_number_has_no_value(self, value):
        judged = a_chain().judge(value, measured_s=0.0)
        assert (judged.value, judged.quality) == (None, BAD)

    def test_a_value_outside_the_chips_range_is_bad_and_names_the_range(self):
        judged = a_chain().judge(126.0, measured_s=0.0)
        assert (judged.value, judged.quality) == (126.0, BAD)
        assert judged.reasons == ("outside the chip's range -40 to 125 °C",)

    def test_a_channel_without_a_unit_has_none_in_its_reasons(self):
        contact = Channel("door", Unit.BINARY, 0.0, 1.0, "contact")
        assert a_chain(contact).judge(2.0, measured_s=0.0).reasons == ("outside the chip's range 0 to 1",)

    @pytest.mark.parametrize(("value", "quality"), [(-5.1, BAD), (-5.0, GOOD), (60.0, GOOD), (60.1, BAD), (82.0, BAD)])
    def test_f035_what_no_terrarium_is_is_bad(self, value, quality):
        assert a_chain().judge(value, measured_s=0.0).quality is quality

    def test_an_oven_may_be_hotter_when_the_configuration_says_so(self):
        assert a_chain(plausible_high=90.0).judge(82.0, measured_s=0.0).quality is GOOD

    @pytest.mark.parametrize("value", [105.0, -3.0])
    def test_f013_a_humidity_beyond_0_to_100_is_bad(self, value):
        assert a_chain(HUMIDITY).judge(value, measured_s=0.0).quality is BAD

    def test_light_may_jump_and_stay(self):
        light = Channel("light", Unit.LUX, 0.0, 54612.5, "light")
        assert set(qualities(a_chain(light), [0.0, 50_000.0, 0.0, 50_000.0] * 20)) == {GOOD}
        assert set(qualities(a_chain(light), [0.0] * 10_000)) == {GOOD}

    def test_what_was_measured_before_the_last_one_is_bad(self):
        chain = a_chain()
        chain.judge(20.0, measured_s=100.0)
        assert chain.judge(20.0, measured_s=99.0) == Judged(20.0, BAD, ("it was measured before the last one",))
        assert chain.judge(20.0, measured_s=100.0).quality is GOOD


class TestPowerOn:
    def test_f003_the_value_after_power_on_is_refused_without_history(self):
        judged = a_chain(PROBE, plausible_high=120.0).judge(85.0, measured_s=0.0)
        assert judged.quality is BAD
        assert "power-on" in judged.reasons[0]

    def test_it_is_refused_after_a_reading_far_from_it_however_often(self):
        assert qualities(a_chain(PROBE, plausible_high=120.0), [25.0, *[85.0] * 9]) == [GOOD, *[BAD] * 9]

    def test_it_is_believed_after_a_good_reading_near_it(self):
        assert qualities(a_chain(PROBE, plausible_high=120.0), [82.0, 83.0, 84.0, 85.0]) == [GOOD] * 4

    @pytest.mark.parametrize(("before", "quality"), [(80.0, GOOD), (79.9, BAD)])
    def test_near_is_five_degrees(self, before, quality):
        chain = a_chain(PROBE, plausible_high=120.0, max_change=0.0, max_jump=0.0)
        assert qualities(chain, [before, before, before, 85.0])[-1] is quality

    def test_a_reading_before_a_gap_is_no_history(self):
        chain = a_chain(PROBE, plausible_high=120.0)
        chain.judge(84.0, measured_s=0.0)
        assert chain.judge(85.0, measured_s=31.0).quality is BAD


class TestMovement:
    def test_a_warming_of_two_degrees_in_ten_seconds_is_good(self):
        assert set(qualities(a_chain(), [20.0 + index for index in range(20)])) == {GOOD}

    def test_a_faster_one_is_suspect_although_each_step_is_small(self):
        said = qualities(a_chain(), [20.0, 21.3, 22.6, 23.9])
        assert said[:2] == [GOOD, GOOD]
        assert SUSPECT in said[2:]

    def test_a_step_is_suspect_until_three_readings_go_together(self):
        assert qualities(a_chain(), [20.0, 20.0, 25.0, 25.1, 25.0, 25.1]) == [GOOD, GOOD, SUSPECT, SUSPECT, GOOD, GOOD]

    def test_f023_one_jump_is_bad_and_leaves_no_trace(self):
        assert qualities(a_chain(), [20.0, 20.0, 35.0, 20.1, 20.0]) == [GOOD, GOOD, BAD, GOOD, GOOD]

    def test_a_jump_that_lasts_is_believed_with_its_third_reading(self):
        assert qualities(a_chain(), [20.0, 35.0, 35.1, 35.0, 35.0]) == [GOOD, BAD, BAD, GOOD, GOOD]

    def test_jumps_that_do_not_go_together_stay_bad(self):
        assert set(qualities(a_chain(), [20.0, *[35.0, 45.0] * 5])[1:]) == {BAD}

    def test_a_slow_poll_may_see_more(self):
        chain = Chain(TEMPERATURE, rules(TEMPERATURE, ReadingKeys(), 60.0))
        assert qualities(chain, [20.0, 31.0, 42.0], every_s=60.0) == [GOOD, GOOD, GOOD]

    def test_after_a_gap_everything_begins_anew(self):
        chain = a_chain()
        chain.judge(20.0, measured_s=0.0)
        assert chain.judge(45.0, measured_s=30.5).quality is GOOD

    def test_limits_of_0_ask_nothing(self):
        assert set(qualities(a_chain(max_change=0.0, max_jump=0.0, usual_noise=0.0), [0.0, 50.0] * 50)) == {GOOD}


class TestStuck:
    def test_the_same_value_alone_is_good_for_hours_and_then_worth_a_look(self):
        chain = a_chain()
        assert set(qualities(chain, [25.0] * (6 * 720))) == {GOOD}
        assert chain.findings == ()
        assert feed(chain, [25.0], start_s=100.0 + 6 * 3600)[0].quality is GOOD
        assert chain.findings == (IDENTICAL,)

    def test_the_same_value_for_half_an_hour_while_something_must_have_moved_it_is_suspect(self):
        chain = a_chain()
        feed(chain, [25.0] * 200)
        chain.stuck.excite(600.0)
        said = qualities(chain, [25.0] * 200, start_s=1100.0)
        assert said.index(SUSPECT) == 160  # 30 min after the first at 100 s
        assert chain.findings == (STUCK,)

    def test_it_may_take_its_time_to_follow(self):
        chain = a_chain()
        feed(chain, [25.0] * 500)
        chain.stuck.excite(2595.0)
        said = qualities(chain, [25.0] * 100, start_s=2600.0)
        assert said.index(SUSPECT) == 59  # 300 s after it

    def test_any_movement_heals_it(self):
        chain = a_chain()
        feed(chain, [25.0] * 500)
        chain.stuck.excite(200.0)
        assert qualities(chain, [25.0, 25.1, 25.1], start_s=2600.0) == [SUSPECT, GOOD, GOOD]
        assert chain.findings == ()


class TestNoise:
    def test_f029_garbage_of_five_degrees_is_suspect_within_a_minute_and_hardly_ever_good_again(self):
        for seed in range(50):
            random = Random(seed)
            chain = a_chain()
            feed(chain, [25.0 + random.gauss(0.0, 0.03) for _ in range(100)])
            said = qualities(chain, [25.0 + random.gauss(0.0, 5.0) for _ in range(720)], start_s=600.0)
            first = next(index for index, quality in enumerate(said) if quality is SUSPECT)
            assert first * POLL_S <= 60
            assert said[12:].count(GOOD) == 0

    @pytest.mark.parametrize("step_c", [0.0625, 0.1, 0.5])
    def test_a_probe_that_counts_in_steps_raises_no_alarm(self, step_c):
        random = Random(3)
        truth = [26.0 + 2.0 * math.sin(index / 120.0) + random.gauss(0.0, 0.05) for index in range(5000)]
        assert set(qualities(a_chain(), [round(value / step_c) * step_c for value in truth])) == {GOOD}

    def test_a_probe_that_toggles_between_two_coarse_steps_raises_no_alarm(self):
        assert set(qualities(a_chain(), [25.0, 25.5] * 200)) == {GOOD}

    def test_a_heater_that_switches_raises_no_alarm(self):
        saw = [26.0 + abs(index % 60 - 30) / 30 for index in range(2000)]
        assert set(qualities(a_chain(), saw)) == {GOOD}

    def test_noise_that_is_over_is_forgotten_within_a_minute(self):
        chain = a_chain()
        random = Random(4)
        feed(chain, [25.0 + random.gauss(0.0, 2.0) for _ in range(100)])
        assert chain.findings == (NOISY,)
        assert feed(chain, [25.0 + random.gauss(0.0, 0.03) for _ in range(13)], start_s=600.0)[-1].quality is GOOD

    def test_noise_that_grows_slowly_is_not_learned_without_end(self):
        random = Random(5)
        chain = a_chain()
        feed(chain, [25.0 + random.gauss(0.0, 0.1 + index / 5000) for index in range(6000)])
        assert chain.findings == (NOISY,)


class TestCorrection:
    def test_an_offset_is_added_before_the_plausible_range_is_asked(self):
        assert a_chain(offset=-1.5).judge(25.0, measured_s=0.0).value == 23.5
        assert a_chain(offset=-1.5).judge(61.0, measured_s=0.0).quality is GOOD

    @pytest.mark.parametrize(("said", "true"), [(0.0, 0.2), (50.0, 51.0), (25.0, 25.6), (100.0, 100.0), (105.0, 104.9)])
    def test_a_table_is_straight_between_its_points_and_goes_on_straight(self, said, true):
        chain = a_chain(calibration=[[0.0, 0.2], [50.0, 51.0], [100.0, 100.0]], plausible_high=120.0)
        assert chain.judge(said, measured_s=0.0).value == pytest.approx(true)

    def test_far_outside_of_the_table_nobody_knows(self):
        judged = a_chain(calibration=[[0.0, 0.0], [30.0, 31.0]], calibrated_beyond=5.0).judge(35.1, measured_s=0.0)
        assert judged.quality is BAD
        assert "calibrated" in judged.reasons[0]


class TestFilters:
    def test_a_median_takes_an_outlier_away_that_was_judged_all_the_same(self):
        said = feed(a_chain(median_of=3), [20.0, 20.2, 24.0, 20.4])
        assert [judged.value for judged in said] == [20.0, 20.0, 20.2, 20.4]
        assert said[2].quality is SUSPECT

    def test_a_mean_comes_after_the_median(self):
        said = feed(a_chain(median_of=3, mean_of=2), [20.0, 20.0, 24.0, 20.0])
        assert [judged.value for judged in said] == [20.0] * 4

    def test_a_bad_value_never_gets_into_a_filter(self):
        said = feed(a_chain(mean_of=3), [20.0, 59.0, 21.0])
        assert [judged.value for judged in said] == [20.0, 59.0, 20.5]

    def test_after_a_gap_the_old_values_are_forgotten(self):
        chain = a_chain(mean_of=5)
        feed(chain, [20.0] * 5)
        assert chain.judge(30.0, measured_s=500.0).value == 30.0

    def test_filters_cannot_hide_a_stuck_value(self):
        """The filtered value moves while the raw one is stuck: it is the raw one that is looked at."""
        chain = a_chain(mean_of=9)
        feed(chain, [20.0, 20.5, 21.0] + [21.5] * 400)
        chain.stuck.excite(300.0)
        assert chain.judge(21.5, measured_s=2115.0).quality is SUSPECT


ANY = st.floats() | st.integers() | st.sampled_from([85.0, 127.937, -127.0, 0.0])
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "offset": st.floats(-1e9, 1e9),
        "calibration": st.just([[0.0, -1e9], [1e-300, 1e9]]),
        "max_change": st.floats(0.0, 1e9),
        "max_jump": st.floats(0.0, 1e9),
        "usual_noise": st.floats(0.0, 1e9),
        "median_of": st.integers(1, 9),
        "mean_of": st.integers(1, 9),
        "stuck_after_s": st.floats(0.0, 60.0),
    },
)


@given(KEYS, st.lists(st.tuples(ANY, st.floats(-100.0, 100.0)), max_size=40))
def test_f014_no_value_makes_the_judge_raise_or_say_what_is_no_number(keys, stream):
    chain = a_chain(PROBE, **keys)
    now_s = 0.0
    for value, step_s in stream:
        now_s += step_s
        judged = chain.judge(value, measured_s=now_s)
        assert (judged.value is None) == (not math.isfinite(value) if isinstance(value, float) else False)
        assert judged.value is None or math.isfinite(judged.value)
        assert judged.value is not None or judged.quality is BAD
        assert (judged.quality is GOOD) == (judged.reasons == ())


@given(st.floats(-5.0, 60.0), st.lists(st.floats(0.0, 3600.0), min_size=1, max_size=60))
def test_a_constant_stream_is_good_at_any_pace(value, steps_s):
    chain = a_chain()
    now_s = 0.0
    for step_s in steps_s:
        now_s += step_s
        assert chain.judge(value, measured_s=now_s).quality is GOOD


@given(st.lists(st.floats(-60.0, 140.0), min_size=1, max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_filters_change_no_quality(values, median_of, mean_of):
    assert qualities(a_chain(median_of=median_of, mean_of=mean_of), values) == qualities(a_chain(), values)


@given(st.lists(st.floats(-60.0, 140.0), min_size=1, max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_a_filtered_value_lies_among_the_values_that_were_not_bad(values, median_of, mean_of):
    said = feed(a_chain(median_of=median_of, mean_of=mean_of), values)
    among = [value for value, judged in zip(values, said, strict=True) if judged.quality is not BAD]
    for judged in said:
        if judged.quality is not BAD:
            assert min(among) - 1e-9 <= judged.value <= max(among) + 1e-9


def test_rules_come_from_what_is_measured_unless_the_configuration_says_otherwise():
    keys = ReadingKeys(channels={"temperature": ChannelKeys(max_jump=4.0)}, lost_after_s=50.0)
    usual = Rules(
        low=-5.0,
        high=60.0,
        beyond=10.0,
        most=2.0,
        jump=10.0,
        noise_floor=0.2,
        stuck_after_s=1800.0,
        identical_after_s=21600.0,
        sibling_moved_by=1.0,
    )
    assert rules(TEMPERATURE, ReadingKeys(), 5.0) == usual
    assert rules(TEMPERATURE, keys, 5.0) == replace(usual, jump=4.0, gap_s=50.0)


class TestByTheNumbers:
    def test_either_limit_of_changes_is_enough_to_judge_them(self):
        for limit in ({"jump": 2.0}, {"most": 2.0}):
            chain = Chain(TEMPERATURE, Rules(low=-40.0, high=125.0, **limit))
            judged = feed(chain, [20.0, 20.0, 20.0, 60.0])
            assert judged[-1].quality is not GOOD
            assert judged[-1].reasons

    def test_nothing_is_found_before_the_first_value(self):
        assert a_chain().findings == ()

    def test_what_is_no_number_says_so(self):
        assert a_chain().judge(math.nan, measured_s=0.0) == Judged(None, BAD, ("it is no finite number",))

    def test_a_channel_begins_anew_after_more_than_the_gap(self):
        for later_s, quality in ((30.0, GOOD), (30.1, BAD)):
            chain = Chain(PROBE, Rules(low=-40.0, high=125.0, gap_s=30.0))
            chain.judge(84.9, measured_s=0.0)
            judged = chain.judge(85.0, measured_s=later_s)
            assert (judged.value, judged.quality) == (85.0, quality)

    def test_the_chips_own_limits_are_possible(self):
        chain = Chain(TEMPERATURE, Rules(low=-99.0, high=999.0))
        assert qualities(chain, [TEMPERATURE.low, TEMPERATURE.high]) == [GOOD, GOOD]

    def test_a_correction_that_leaves_all_numbers_is_too_far_outside(self):
        chain = Chain(TEMPERATURE, Rules(low=-40.0, high=125.0, points=((0.0, 0.0), (1.0, 1e308)), beyond=1e9))
        assert chain.judge(100.0, measured_s=0.0).reasons == ("too far outside of what it was calibrated for",)

    def test_what_is_suspect_says_why(self):
        chain = Chain(TEMPERATURE, Rules(low=-40.0, high=125.0, noise_floor=0.01))
        suspects = [each for each in feed(chain, [20.0, 20.01] * 40 + [20.0, 25.0] * 40) if each.quality is SUSPECT]
        assert suspects
        assert {each.reasons for each in suspects} == {("much noisier than usual",)}

    def test_what_is_bad_for_its_change_says_why(self):
        chain = Chain(TEMPERATURE, Rules(low=-40.0, high=125.0, jump=2.0))
        (bad,) = [each for each in feed(chain, [20.0] * 5 + [60.0]) if each.quality is BAD]
        assert bad.reasons
