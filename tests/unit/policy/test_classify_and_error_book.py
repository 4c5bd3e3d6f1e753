"""How much an error matters, and what is remembered of errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Category, Severity
from alimante.policy.classify import Classified, Part, classify, worse
from alimante.policy.error_book import ErrorBook, ErrorRules
from hardware import errors as device_errors
from hardware.errors import DeviceError

MINOR = Classified(Severity.MEDIUM, Category.SENSOR)
MAJOR = Classified(Severity.HIGH, Category.SENSOR)


class TestClassify:
    def test_a_sensor_that_gates_an_output_matters_more_than_one_that_does_not(self):
        assert classify("BadData", Part.SENSOR) == Classified(Severity.MEDIUM, Category.SENSOR)
        assert classify("BadData", Part.GATING_SENSOR) == Classified(Severity.HIGH, Category.SENSOR)

    def test_a_heater_matters_most(self):
        assert classify("CommandFailed", Part.HEAT_OUTPUT) == Classified(Severity.CRITICAL, Category.ACTUATOR)
        assert classify("CommandFailed", Part.OUTPUT) == Classified(Severity.HIGH, Category.ACTUATOR)

    @pytest.mark.parametrize("error", ["WireUnavailable", "WireTimeout", "WireWedged", "DeadlinePassed"])
    def test_what_the_wire_does_to_a_device_belongs_to_the_wire(self, error):
        assert classify(error, Part.SENSOR).category is Category.BUS

    @pytest.mark.parametrize("error", ["WirePermission", "LineBusy", "WrongChip"])
    def test_what_only_a_person_can_put_right_is_never_minor(self, error):
        assert classify(error, Part.SENSOR) == Classified(Severity.HIGH, Category.CONFIG)

    def test_a_crash_is_never_minor(self):
        assert classify("DriverCrashed", Part.SENSOR).severity is Severity.HIGH

    def test_a_lost_broker_is_minor_and_a_vital_service_is_not(self):
        assert classify("LinkLost", Part.LINK) == Classified(Severity.LOW, Category.NETWORK)
        assert classify("ServiceFailed", Part.VITAL_SERVICE) == Classified(Severity.CRITICAL, Category.SERVICE)

    @given(st.text(max_size=30), st.sampled_from(list(Part)))
    def test_an_unknown_error_means_what_its_part_means(self, error, part):
        found = classify(f"?{error}", part)
        assert found == classify("", part)

    def test_the_words_of_the_types_are_those_of_the_drivers(self):
        """A type that is renamed must not quietly become an unknown one."""
        from alimante.policy import classify as module

        ours = {"WireWedged", "DeadlinePassed", "DriverCrashed", "HandlerFailed"}
        kinds = {
            name
            for name, kind in vars(device_errors).items()
            if isinstance(kind, type) and issubclass(kind, DeviceError)
        }
        assert set(module._CATEGORY) | set(module._AT_LEAST) <= kinds | ours

    def test_the_worse_of_two_severities(self):
        assert worse(Severity.HIGH, Severity.LOW) is Severity.HIGH
        assert worse(Severity.INFO, Severity.CRITICAL) is Severity.CRITICAL


class TestBook:
    def test_it_counts_each_component_and_each_error(self):
        book = ErrorBook(ErrorRules())
        book.note("probe", "BadData", MINOR, "crc", now_s=10.0)
        book.note("probe", "NoAnswer", MAJOR, "gone", now_s=20.0)
        book.note("air", "BadData", MINOR, "crc", now_s=30.0)
        probe = book.records["probe"]
        assert (probe.total, probe.first_s, probe.last_s) == (2, 10.0, 20.0)
        assert probe.by_error == {"BadData": 1, "NoAnswer": 1}
        assert [noted.text for noted in probe.recent] == ["crc", "gone"]
        assert list(book.records) == ["probe", "air"]

    def test_rates_are_of_the_last_minutes(self):
        book = ErrorBook(ErrorRules())
        for minute in range(30):
            for _ in range(2):
                record = book.note("probe", "BadData", MINOR, "crc", now_s=minute * 60.0)
        now_s = 29 * 60.0
        assert [record.count(now_s, within_min=window) for window in (1, 10, 60)] == [2, 20, 60]
        assert record.count(now_s + 600.0, within_min=10) == 0

    @given(st.lists(st.tuples(st.floats(0, 5000), st.integers(0, 9)), max_size=200))
    def test_whatever_fails_however_often_it_stays_small(self, story):
        book = ErrorBook(ErrorRules(recent=3, components=4, forget_after_s=3600.0))
        now_s = 0.0
        for passed_s, which in story:
            now_s += passed_s
            book.note(f"c{which}", "BadData", MINOR, "crc", now_s=now_s)
            assert len(book.records) <= 4
            for record in book.records.values():
                assert len(record.recent) <= 3
                assert len(record.minutes) <= 60
                assert all(now_s - noted.at_s <= 3600.0 for noted in record.recent)

    def test_what_failed_long_ago_is_forgotten(self):
        book = ErrorBook(ErrorRules(forget_after_s=3600.0))
        book.note("probe", "BadData", MINOR, "crc", now_s=0.0)
        book.note("air", "BadData", MINOR, "crc", now_s=3000.0)
        book.forget(3601.0)
        assert list(book.records) == ["air"]

    def test_five_failures_in_ten_minutes_are_too_often_and_four_are_not(self):
        book = ErrorBook(ErrorRules())
        assert book.too_often("probe", 0.0) is None
        for index in range(4):
            book.note("probe", "BadData", MINOR, "crc", now_s=index * 60.0)
        assert book.too_often("probe", 240.0) is None
        book.note("probe", "BadData", MINOR, "the last", now_s=240.0)
        found = book.too_often("probe", 240.0)
        assert found is not None
        assert found.text == "the last"
        assert book.too_often("probe", 240.0 + 90.0) is not None
        assert book.too_often("probe", 240.0 + 91.0) is None

    def test_failures_that_are_spread_over_more_than_ten_minutes_are_not_too_often(self):
        book = ErrorBook(ErrorRules())
        for index in range(100):
            book.note("probe", "BadData", MINOR, "crc", now_s=index * 151.0)
            assert book.too_often("probe", index * 151.0) is None

    def test_one_failure_that_goes_on_for_long_is_one(self):
        book = ErrorBook(ErrorRules())
        for index in range(100):
            book.note("probe", "NoAnswer", MAJOR, "gone", now_s=index * 5.0, reading=index, goes_on=index > 0)
        assert book.too_often("probe", 500.0) is None

    @pytest.mark.parametrize(("every", "is_too_often"), [(2, True), (5, True), (6, True), (7, False), (20, False)])
    def test_a_sensor_that_misses_a_reading_now_and_then_is_let_alone(self, every, is_too_often):
        book = ErrorBook(ErrorRules())
        for index in range(20):
            book.note("probe", "BadData", MINOR, "crc", now_s=index * 5.0, reading=index * every)
        assert (book.too_often("probe", 95.0) is not None) is is_too_often

    def test_what_is_forgotten_is_not_too_often(self):
        book = ErrorBook(ErrorRules(forget_after_s=10.0))
        for index in range(5):
            book.note("probe", "BadData", MINOR, "crc", now_s=float(index))
        book.note("air", "BadData", MINOR, "crc", now_s=20.0)
        assert book.too_often("probe", 20.0) is None

    def test_f046_a_crash_every_minute_is_a_defect_until_it_has_been_quiet_for_longer_than_usual(self):
        book = ErrorBook(ErrorRules())
        for index in range(100):
            now_s = index * 61.0
            book.note("probe", "DriverCrashed", MAJOR, "oops", now_s=now_s)
            until_s = book.defective_until_s("probe")
            assert until_s is None if index < 2 else until_s == pytest.approx(now_s + 91.5)

    def test_a_crash_with_every_poll_is_over_after_three_quiet_ones(self):
        book = ErrorBook(ErrorRules())
        for index in range(10):
            book.note("probe", "DriverCrashed", MAJOR, "oops", now_s=index * 5.0)
        assert book.defective_until_s("probe") == 45.0 + 15.0

    def test_rare_crashes_and_failures_that_are_no_crashes_are_no_defect(self):
        book = ErrorBook(ErrorRules())
        for index in range(10):
            book.note("probe", "DriverCrashed", MAJOR, "oops", now_s=index * 301.0)
            book.note("air", "NoAnswer", MAJOR, "gone", now_s=index * 301.0)
        assert book.defective_until_s("probe") is None
        assert book.defective_until_s("air") is None
