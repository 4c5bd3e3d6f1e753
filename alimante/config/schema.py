"""The configuration's JSON Schema, for editors, from the models and the installed drivers; it must not validate."""

from typing import Any

from pydantic import BaseModel

from alimante.config.controllers import CONTROLLERS
from alimante.config.groups import GroupKeys
from alimante.config.keys import ActuatorKeys, SensorKeys, Top
from alimante.config.species import relax
from alimante.config.wires import WIRES
from hardware import registry
from hardware.api import DriverSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NULL = {"type": "null"}
NOTE = {"type": "string", "description": "A remark for people; it changes nothing."}

Schema = dict[str, Any]


def config_schema(simulation_model: type[BaseModel] | None = None) -> Schema:
    """A JSON Schema (draft 2020-12) of the whole file, with what each installed driver wants.

    It knows the rules for one object. What holds between objects, such as a pin that two devices use, only the check
    knows. Drivers whose import fails are left out.
    """
    parts: Schema = {}
    top = _part("configuration", Top, parts)
    parts |= {f"wire_{kind}": _part(f"wire_{kind}", model, parts) for kind, model in WIRES.items()}
    parts["wire_gpio"] |= {"if": {"properties": {"backend": {"const": "linux"}}}, "then": {"required": ["factory"]}}
    parts |= {f"controller_{kind}": _part(f"controller_{kind}", model, parts) for kind, model in CONTROLLERS.items()}
    parts["group"] = _part("group", GroupKeys, parts)
    drivers = [spec for spec in map(_working, registry.names()) if spec is not None]
    for spec in drivers:
        parts[f"driver_{spec.name}"] = _device(spec, parts)
    properties = top["properties"]
    _each(properties["wires"], _choice("kind", "wire", list(WIRES)))
    _each(properties["controllers"], _choice("kind", "controller", list(CONTROLLERS)))
    _each(properties["groups"], {"$ref": "#/$defs/group"})
    _each(properties["devices"], _choice("driver", "driver", [spec.name for spec in drivers]))
    if simulation_model is not None:
        properties["simulation"] = _part("simulation", simulation_model, parts) | {
            "description": properties["simulation"]["description"]
        }
    _tell_broker(parts)
    relax(parts)
    schema = {"$schema": DIALECT, "title": "Alimante's configuration", **top, "$defs": dict(sorted(parts.items()))}
    _untitle(schema)
    _allow_notes(schema)
    return schema


def _working(name: str) -> DriverSpec | None:
    try:
        return registry.get(name)
    except registry.BrokenDriver:
        return None


def _part(name: str, model: type[BaseModel], parts: Schema) -> Schema:
    """The schema of `model`; what it refers to goes to `parts` under names that begin with `name`."""
    schema = model.model_json_schema(ref_template=f"#/$defs/{name}_{{model}}")
    parts |= {f"{name}_{key}": value for key, value in schema.pop("$defs", {}).items()}
    schema.pop("title", None)
    return schema


def _untitle(schema: Any) -> None:
    """Leave the titles of sections to what they refer to."""
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _untitle(part)
    if isinstance(schema, dict) and all("$ref" in part or part == NULL for part in schema.get("anyOf", [schema])):
        schema.pop("title", None)


def _device(spec: DriverSpec, parts: Schema) -> Schema:
    """What a device of this driver may say: the common keys and the driver's own at one level."""
    common = _part(f"driver_{spec.name}", SensorKeys if spec.kind == "sensor" else ActuatorKeys, parts)
    own = _part(f"driver_{spec.name}", spec.params, parts)
    return {
        "title": spec.summary,
        "description": " ".join(own.get("description", spec.summary).split()),
        "type": "object",
        "properties": {**own.get("properties", {}), **common["properties"], "driver": {"const": spec.name}},
        "required": [*common["required"], *own.get("required", [])],
        "additionalProperties": False,
    }


def _choice(key: str, prefix: str, names: list[str]) -> Schema:
    """An object whose `key` says which of the parts it is."""
    return {
        "type": "object",
        "properties": {key: {"enum": names}},
        "required": [key],
        "allOf": [
            {
                "if": {"properties": {key: {"const": name}}, "required": [key]},
                "then": {"$ref": f"#/$defs/{prefix}_{name}"},
            }
            for name in names
        ],
    }


def _each(objects: Schema, schema: Schema) -> None:
    """Give every member of `objects`, whose names are matched by a pattern, the `schema`."""
    pattern = next(iter(objects.pop("patternProperties")))
    objects |= {"additionalProperties": schema, "propertyNames": {"pattern": pattern}}


def _tell_broker(parts: Schema) -> None:
    """Rules between keys, as `alimante.config.rules` has them."""
    parts["configuration_Mqtt"]["oneOf"] = [
        {"required": ["host"], "properties": {"embedded": {"const": False}}},
        {"required": ["embedded"], "properties": {"embedded": {"const": True}, "host": False}},
    ]
    parts["configuration_Mqtt"]["dependentRequired"] = {"password": ["username"]}
    parts["configuration_Secret"] |= {
        "minProperties": 1,
        "oneOf": [{"required": [key]} for key in ("file", "env", "credential")],
    }


def _allow_notes(schema: Any) -> None:
    """A note in every object whose keys are fixed."""
    if isinstance(schema, list):
        for item in schema:
            _allow_notes(item)
    elif isinstance(schema, dict):
        for value in schema.values():
            _allow_notes(value)
        if schema.get("additionalProperties") is False:
            schema["properties"] = {**schema.get("properties", {}), "note": NOTE}
