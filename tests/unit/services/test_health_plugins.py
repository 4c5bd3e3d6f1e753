"""Health checks of other distributions: found by entry point, and harmless when they are broken."""

from importlib.metadata import EntryPoint

import pytest

from alimante.core.events import Level
from alimante.policy.belief import Believed, unknown
from alimante.policy.checkup import SOUND, Check
from alimante.services import health_plugins
from alimante.services.health_plugins import ENTRY_POINT_GROUP, plugin_checks


def sound(believed: Believed) -> list[Check]:
    return [Check(component="tank", name="level", run=lambda: SOUND)]


def raising(believed: Believed) -> list[Check]:
    raise SystemError("planted")


def strange(believed: Believed) -> list[str]:
    return ["tank"]


def found(monkeypatch, **points: str) -> list[Check]:
    def entry_points(*, group: str) -> list[EntryPoint]:
        assert group == ENTRY_POINT_GROUP
        return [EntryPoint(name.replace("_", "-"), f"{__name__}:{value}", group) for name, value in points.items()]

    monkeypatch.setattr(health_plugins, "entry_points", entry_points)
    return list(plugin_checks(lambda name: unknown("nothing")))


def test_checks_of_others_are_found(monkeypatch):
    (check,) = found(monkeypatch, tank="sound")
    assert (check.component, check.name) == ("tank", "level")


@pytest.mark.parametrize("broken", ["raising", "strange", "missing"])
def test_a_broken_one_is_a_warning_and_costs_the_others_nothing(monkeypatch, caplog, broken):
    first, second = found(monkeypatch, my_checks=broken, tank="sound")
    assert (first.component, first.name, first.is_critical) == ("health", "plugin_my_checks", False)
    assert first.run().level is Level.WARNING
    assert "my-checks cannot be used" in first.run().text
    assert second.component == "tank"
    assert len(caplog.records) == 1


def test_there_are_none_by_default():
    assert list(plugin_checks(lambda name: unknown("nothing"))) == []
