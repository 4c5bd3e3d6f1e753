"""Reads one wire or one device, each with the model that its kind or driver says; it must not look at the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from json import dumps
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from alimante.config.base import Keys
from alimante.config.controllers import CONTROLLERS
from alimante.config.faults import Path, Place, Problem, shown
from alimante.config.groups import GroupKeys
from alimante.config.keys import ActuatorKeys, DeviceKeys, SensorKeys
from alimante.config.model import AnyWire, Device
from alimante.config.sentences import did_you_mean, problems, wrong
from alimante.config.wires import WIRES
from alimante.policy.values import parse_value
from hardware import registry
from hardware.api import Accepts, DriverSpec, Params

Model = TypeVar("Model", bound=BaseModel)

_SENSOR: Final = frozenset(SensorKeys.model_fields)
_ACTUATOR: Final = frozenset(ActuatorKeys.model_fields)


@dataclass(slots=True)
class Found:
    """What was read so far, and everything that was wrong with it but what is known to be `flawed`."""

    wires: dict[str, AnyWire] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    groups: dict[str, GroupKeys] = field(default_factory=dict)
    controllers: dict[str, Keys] = field(default_factory=dict)
    disabled: dict[str, str] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    flawed: frozenset[Place] = frozenset()
    warnings: list[Problem] = field(default_factory=list)

    def take(self, model: type[Model], data: Any, base: Path, *, also: frozenset[str] = frozenset()) -> Model | None:
        """`data` as a `model`; None after noting what is wrong with it."""
        try:
            # As JSON, where strictness means JSON's types: a list for a tuple, a text for an enumeration.
            return model.model_validate_json(dumps(data))
        except ValidationError as error:
            told = self.flawed | {problem.place for problem in self.errors}
            found = problems(error, model=model, data=data, base=base, also=also)
            self.errors += (problem for problem in found if problem.place not in told)
            return None

    def wire(self, name: str, data: Any) -> None:
        """Read one wire."""
        if (wire := self._one_of(WIRES, ("wires", name), data, 'an object with "kind" and "backend"')) is not None:
            self.wires[name] = wire

    def group(self, name: str, data: Any) -> None:
        """Read one group."""
        if not isinstance(data, dict):
            self.errors.append(wrong(("groups", name), 'an object with "members"', data))
        elif (group := self.take(GroupKeys, data, ("groups", name))) is not None:
            self.groups[name] = group

    def controller(self, name: str, data: Any) -> None:
        """Read one controller."""
        path: Path = ("controllers", name)
        if (controller := self._one_of(CONTROLLERS, path, data, 'an object with "kind"')) is not None:
            self.controllers[name] = controller

    def _one_of(self, models: Mapping[str, type[Model]], path: Path, data: Any, should: str) -> Model | None:
        """`data` as the model that its `kind` names; None after noting what is wrong with it."""
        if not isinstance(data, dict):
            self.errors.append(wrong(path, should, data))
        elif "kind" not in data:
            self.errors.append(Problem((*path, "kind"), f'{path[-1]} needs "kind"', f"one of {', '.join(models)}"))
        elif not isinstance(data["kind"], str) or data["kind"] not in models:
            kinds = ", ".join(f'"{kind}"' for kind in models)
            hint = did_you_mean(data["kind"], models)
            self.errors.append(wrong((*path, "kind"), f"one of {kinds}", data["kind"], hint=hint))
        else:
            return self.take(models[data["kind"]], data, path)
        return None

    def device(self, name: str, data: Any) -> None:
        """Read one device."""
        path: Path = ("devices", name)
        if not isinstance(data, dict):
            self.errors.append(wrong(path, 'an object with "driver" and "wire"', data))
            return
        spec = self._spec(name, data)
        if spec is None:
            common = {key: value for key, value in data.items() if key in DeviceKeys.model_fields}
            self.take(DeviceKeys, common, path)
        elif spec.kind == "sensor":
            self._sensor(name, data, spec)
        else:
            self._actuator(name, data, spec)

    def _spec(self, name: str, data: dict[str, Any]) -> DriverSpec | None:
        driver, path = data.get("driver"), ("devices", name, "driver")
        if not isinstance(driver, str):
            return None  # which the common keys' model tells
        try:
            return registry.get(driver)
        except registry.UnknownDriver:
            hint = did_you_mean(driver, registry.names())
            self.errors.append(Problem(path, f"there is no driver {shown(driver)}", hint))
        except registry.BrokenDriver as error:
            self.disabled[name] = str(error)
            self.warnings.append(Problem(path, f"{name} is disabled: {error}", "everything else runs without it"))
        return None

    def _sensor(self, name: str, data: dict[str, Any], spec: DriverSpec) -> None:
        rest = self._without_foreign(name, data, _ACTUATOR - _SENSOR, f"{name} is a sensor, and only actuators have a")
        keys, params = self._parts(SensorKeys, name, rest, spec)
        if keys is not None and params is not None:
            self.devices[name] = Device(
                id=name,
                driver=keys.driver,
                wire=keys.wire,
                name=keys.name or name,
                zone=keys.zone,
                power=keys.power,
                spec=spec,
                params=params,
                poll_s=keys.poll_s,
                is_ambient=keys.role == "ambient",
                reading=keys,
            )

    def _actuator(self, name: str, data: dict[str, Any], spec: DriverSpec) -> None:
        rest = self._without_foreign(name, data, _SENSOR - _ACTUATOR, f"{name} is an actuator, and only sensors have a")
        keys, params = self._parts(ActuatorKeys, name, rest, spec)
        if "safe_value" not in data or params is None:
            return
        safe = self._safe_value(name, data["safe_value"], spec.accepts(params))
        if keys is not None and safe is not None:
            self.devices[name] = Device(
                id=name,
                driver=keys.driver,
                wire=keys.wire,
                name=keys.name or name,
                zone=keys.zone,
                power=keys.power,
                spec=spec,
                params=params,
                role=keys.role,
                safe_value=safe,
                output=keys,
            )

    def _without_foreign(self, name: str, data: dict[str, Any], foreign: frozenset[str], why: str) -> dict[str, Any]:
        """`data` without the keys of the other kind of device, each of which is an error."""
        for key in sorted(foreign & data.keys()):
            self.errors.append(Problem(("devices", name, key), f'{why} "{key}"', "remove it", at_key=True))
        return {key: value for key, value in data.items() if key not in foreign}

    def _parts(
        self, model: type[Model], name: str, data: dict[str, Any], spec: DriverSpec
    ) -> tuple[Model | None, Params | None]:
        """The common keys and the driver's parameters, which stand at the same level."""
        path: Path = ("devices", name)
        common = {key: value for key, value in data.items() if key in model.model_fields}
        own = {key: _without_notes(value) for key, value in data.items() if key not in common}
        keys = self.take(model, common, path)
        return keys, self.take(spec.params, own, path, also=frozenset(model.model_fields))

    def _safe_value(self, name: str, said: Any, accepts: Accepts) -> float | None:
        try:
            return parse_value(accepts, said)
        except ValueError as error:
            self.errors.append(Problem(("devices", name, "safe_value"), f"safe_value: {error}"))
            return None


def _without_notes(value: Any) -> Any:
    """`value` without the notes in its objects, which the drivers' models do not know."""
    if isinstance(value, dict):
        return {key: _without_notes(item) for key, item in value.items() if not _is_note(key, item)}
    return [_without_notes(item) for item in value] if isinstance(value, list) else value


def _is_note(key: str, value: Any) -> bool:
    return key == "note" and isinstance(value, str)


def without_notes(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members of `data`, a document whose model is not ours, without any notes."""
    yield from _without_notes(data).items()
