"""When readings have proved themselves after silence."""

import pytest

from alimante.core.events import Quality
from alimante.policy.belief import Belief, unknown
from alimante.safety.evidence import GOOD_SAMPLES, Evidence

QUALITIES = {"g": Quality.GOOD, "s": Quality.SUSPECT}


def a_belief(letter, at_s):
    """A good or a suspect reading measured at `at_s`, or silence."""
    return unknown("silent") if letter == "u" else Belief(value=25.0, quality=QUALITIES[letter], measured_s=at_s)


class Told:
    """Evidence that is told what is believed of each name."""

    def __init__(self):
        self.beliefs = {}
        self.evidence = Evidence(self.beliefs.__getitem__)
        self.now_s = 0.0

    def read(self, letters, name="probe"):
        for letter in letters:
            self.now_s += 1.0
            self.beliefs[name] = a_belief(letter, self.now_s)
            self.evidence.look(name)

    def lack(self, *names):
        return self.evidence.lack({name: self.evidence.look(name) for name in names or ("probe",)})


@pytest.mark.parametrize(
    ("letters", "good"),
    [
        ("g", 1),
        ("gg", 2),
        ("ugg", 2),
        ("ggug", 1),
        ("gggug", 1),
        ("ggs", 0),
        ("sg", 1),
        ("ggsgg", 2),
        ("ggggggug", 1),
    ],
)
def test_three_good_readings_in_a_row_are_asked_for_after_silence(letters, good):
    told = Told()
    told.read(letters)
    assert told.lack() == f"probe has given {good} of {GOOD_SAMPLES} good readings in a row"


@pytest.mark.parametrize("letters", ["ggg", "gggg", "uggg", "ggsggg", "gggs", "gggsss", "gggsg", "ggggggs"])
def test_what_has_proved_itself_stays_proved_while_it_is_only_doubtful(letters):
    told = Told()
    told.read(letters)
    assert told.lack() == ""


def test_what_is_silent_lacks_nothing_for_another_rule_names_it():
    told = Told()
    told.read("ggu")
    assert told.lack() == ""


def test_the_same_reading_told_again_is_one_reading():
    told = Told()
    for _ in range(5):
        told.beliefs["probe"] = a_belief("g", 1.0)  # another belief in the same reading
        told.evidence.look("probe")
    assert "has given 1 of 3" in told.lack()


def test_every_name_proves_itself():
    told = Told()
    told.read("ggg", "warm")
    told.read("g", "cold")
    assert told.lack("warm") == ""
    assert told.lack("warm", "cold").startswith("cold has given 1 of 3")


def test_after_a_doubt_everything_proves_itself_again():
    told = Told()
    told.read("ggg", "warm")
    told.read("ggg", "cold")
    told.evidence.doubt()
    told.read("gg", "warm")
    assert told.lack("warm", "cold") == (
        "warm has given 2 of 3 good readings in a row; cold has given 0 of 3 good readings in a row"
    )
    told.read("g", "warm")
    assert told.lack("warm") == ""


def test_what_nobody_measures_is_unknown():
    belief = Told().evidence.look("nowhere")
    assert (belief.quality, belief.reasons) == (Quality.UNKNOWN, ("there is no such reading",))


def test_only_what_is_known_has_a_value():
    told = Told()
    told.read("g", "warm")
    told.read("u", "cold")
    assert told.evidence.values(["warm", "cold", "never looked at"]) == (("warm", 25.0),)
