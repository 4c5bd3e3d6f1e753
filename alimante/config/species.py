"""Presets of animals: fills in what their keeper did not say, on plain JSON values; it must not judge the result.

What the file says itself always wins. The filled document is checked like any other, and a fault in something filled
in is told at the object that it was filled into.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as File
from typing import Annotated, Any, Final

from pydantic import Field

from alimante.config.base import Id, Keys
from alimante.config.faults import Path, Problem, shown
from alimante.config.sentences import did_you_mean

_PACKAGE: Final = File(__file__).parents[1]
_FOLDERS: Final = (_PACKAGE / "_config" / "species", _PACKAGE.parent / "config" / "species")
"""Where the presets are in an installed wheel, and where in a checkout."""

MIDDAY_S: Final = 13 * 3600
"""The middle of the preset's day where no photoperiod says one: that of a photoperiod's own default."""


def _list_presets(schema: dict[str, Any]) -> None:
    schema["enum"] = list(presets())


class SpeciesKeys(Keys):
    """The animal, whose preset fills in what nothing else says."""

    preset: Id = Field(
        description="Name of the preset, which fills in temperatures, limits, humidity, day length and feeding days.",
        json_schema_extra=_list_presets,
    )
    zones: dict[Id, Id] = Field(
        default={}, description="For each zone of yours with another name than the preset's, the preset's zone."
    )


FILLED: Final = {"pid": ("target_c",), "LimitKeys": ("max_c",)}
"""Required keys that a preset fills in, by the last word of their part's name in the schema."""

Text = Annotated[str, Field(min_length=1)]


class Sourced(Keys):
    """One number of a preset, and which of the preset's sources it is from."""

    value: float
    source: Text


class PresetZone(Keys):
    """Temperatures of one part of the enclosure in °C: by day, by night, where heat goes off, where harm begins."""

    day_c: Sourced
    night_c: Sourced
    max_c: Sourced
    harm_c: Sourced | None = None


class PresetHumidity(Keys):
    """The band of relative humidity in %."""

    low_pct: Sourced
    high_pct: Sourced


class PresetLight(Keys):
    """Hours of light on the longest and on the shortest day of the year."""

    summer_h: Sourced
    winter_h: Sourced


class PresetFeeding(Keys):
    """Days from one day with food to the next, of an adult."""

    every_days: Sourced


class PresetUv(Keys):
    """What a keeper should know about ultraviolet light."""

    text: Text
    source: Text


class Preset(Keys):
    """One file of `config/species`. `sources` has under short names where the numbers are from."""

    name: Text
    latin: Text
    sources: dict[Id, Text]
    zones: dict[Id, PresetZone]
    humidity: PresetHumidity
    light: PresetLight
    feeding: PresetFeeding | None = None
    uv: PresetUv

    def zone(self, name: str | None, said: dict[str, str]) -> PresetZone | None:
        """The zone that stands for the keeper's zone `name`; of a preset with one zone it is always that one."""
        if len(self.zones) == 1:
            return next(iter(self.zones.values()))
        return self.zones.get(said.get(name, name)) if name is not None else None


@lru_cache(maxsize=1)
def presets() -> dict[str, File]:
    """The file of each preset by name, in the order of the alphabet."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
    return {file.stem: file for file in sorted(folder.glob("*.json"))}


@lru_cache(maxsize=8)
def preset(name: str) -> Preset:
    """The preset called `name`. Raises `KeyError`."""
    return Preset.model_validate_json(presets()[name].read_bytes())


@dataclass(frozen=True, slots=True)
class Expanded:
    """The document with everything filled in, and what was wrong with how the preset was asked for."""

    data: dict[str, Any]
    errors: list[Problem] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    """The document as it was before."""

    def explained(self, problem: Problem) -> Problem:
        """`problem`, with a word on where the value is from when the file does not say it."""
        if not _leads(self.data, problem.path) or not self.said or _leads(self.said, problem.path):
            return problem
        key = next(key for key in reversed(problem.path) if isinstance(key, str))
        origin = f'the preset says so; say "{key}" yourself to change it'
        return replace(problem, hint=f"{problem.hint}; {origin}" if problem.hint else origin)


def expand(data: dict[str, Any]) -> Expanded:
    """`data`, which is left alone, with what the preset that it names says about its heaters and controllers.

    Whatever is not of the expected form is passed over: others complain of it.
    """
    asked = data.get("species")
    name = asked.get("preset") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(name, str):
        return Expanded(data)
    if name not in presets():
        hint = did_you_mean(name, presets())
        return Expanded(data, [Problem(("species", "preset"), f"there is no preset {shown(name)}", hint)])
    found, said = preset(name), asked.get("zones")
    zones = {key: value for key, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}
    return Expanded(_Filling(found, zones, data).filled(), list(_unknown_zones(found, zones)), data)


def relax(parts: dict[str, Any]) -> None:
    """Let a schema's `parts` leave out what a preset may fill in: a schema for editors sees one object at a time."""
    for name, part in parts.items():
        filled = FILLED.get(name.rpartition("_")[2], ())
        if filled and "required" in part:
            part["required"] = [key for key in part["required"] if key not in filled]


def _unknown_zones(found: Preset, zones: dict[str, str]) -> Iterator[Problem]:
    for mine, theirs in zones.items():
        if theirs not in found.zones:
            path: Path = ("species", "zones", mine)
            message = f"the preset of the {found.name.lower()} has no zone {shown(theirs)}"
            yield Problem(path, message, did_you_mean(theirs, found.zones) or f"it has {', '.join(found.zones)}")


class _Filling:
    """Fills one preset into one document."""

    def __init__(self, found: Preset, zones: dict[str, str], data: dict[str, Any]) -> None:
        self._preset = found
        self._zones = zones
        self._data = data
        self._devices = _objects(data.get("devices"))
        self._controllers = _objects(data.get("controllers"))
        self._photoperiods = [name for name, one in self._controllers.items() if one.get("kind") == "photoperiod"]

    def filled(self) -> dict[str, Any]:
        devices = {name: self._device(device) for name, device in self._devices.items()}
        controllers = {name: self._controller(one) for name, one in self._controllers.items()}
        merged = dict(self._data)
        for key, objects in (("devices", devices), ("controllers", controllers)):
            if objects:
                merged[key] = {**self._data[key], **objects}
        return merged

    def _device(self, device: dict[str, Any]) -> dict[str, Any]:
        """The temperature limit of a heater."""
        zone = self._preset.zone(_text(device.get("zone")), self._zones)
        limit = device.get("limit", {})
        if device.get("role") != "heater" or zone is None or not isinstance(limit, dict) or "max_c" in limit:
            return device
        harm = {} if zone.harm_c is None else {"harm_c": zone.harm_c.value}
        return {**device, "limit": {"max_c": zone.max_c.value, **harm, **limit}}

    def _controller(self, keys: dict[str, Any]) -> dict[str, Any]:
        match keys.get("kind"):
            case "thermostat" | "pid" if "heater" in keys:
                return self._temperature(keys)
            case "humidity":
                humidity = self._preset.humidity
                wanted = (("mister", "low_pct", humidity.low_pct), ("fan", "high_pct", humidity.high_pct))
                return {**{key: number.value for output, key, number in wanted if output in keys}, **keys}
            case "photoperiod" if not {"on", "off", "day_length", "sun"} & keys.keys():
                return {**keys, "day_length": self._day_length()}
            case "feeding" if self._preset.feeding is not None and "days" not in keys:
                return {"every_days": int(self._preset.feeding.every_days.value), **keys}
        return keys

    def _temperature(self, keys: dict[str, Any]) -> dict[str, Any]:
        heater = self._devices.get(_text(keys["heater"]) or "", {})
        zone = self._preset.zone(_text(heater.get("zone")), self._zones)
        if zone is None:
            return keys
        return {"target_c": {"day": zone.day_c.value, "night": zone.night_c.value, **self._day()}, **keys}

    def _day_length(self) -> list[dict[str, Any]]:
        """The longest day in June; south of the equator in December."""
        light, location = self._preset.light, self._data.get("location")
        latitude = location.get("latitude_deg") if isinstance(location, dict) else None
        is_south = isinstance(latitude, (int, float)) and latitude < 0
        june, december = (light.winter_h, light.summer_h) if is_south else (light.summer_h, light.winter_h)
        return [{"date": "06-21", "hours": june.value}, {"date": "12-21", "hours": december.value}]

    def _day(self) -> dict[str, str]:
        """Whose day counts: the only photoperiod's, of several the first one's with a plain lamp, of none the clock's.

        By the clock it is as long as the preset's days are on average.
        """
        if len(self._photoperiods) == 1:
            return {}
        if self._photoperiods:
            return {"follows": next(filter(self._has_lamp, self._photoperiods), self._photoperiods[0])}
        half_s = round((self._preset.light.summer_h.value + self._preset.light.winter_h.value) * 900)
        return {"day_from": _clock(MIDDAY_S - half_s), "day_to": _clock(MIDDAY_S + half_s)}

    def _has_lamp(self, photoperiod: str) -> bool:
        outputs = self._controllers[photoperiod].get("outputs")
        names = [name for name in outputs if isinstance(name, str)] if isinstance(outputs, list) else []
        return any(self._devices.get(name, {}).get("role") == "light" for name in names)


def _leads(data: Any, path: Path) -> bool:
    """Whether there is something at `path`."""
    for part in path:
        is_there = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if not is_there:
            return False
        data = data[part]
    return True


def _objects(value: Any) -> dict[str, dict[str, Any]]:
    return {name: item for name, item in value.items() if isinstance(item, dict)} if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}"
