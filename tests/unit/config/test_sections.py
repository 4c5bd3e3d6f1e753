"""Sections of the configuration: defaults without validators, and validators only for what a document says."""

from typing import Any

import pytest
from pydantic import Field, ValidationError, model_validator

from alimante.config.base import Keys, Section, section
from alimante.config.keys import ActuatorKeys, SensorKeys, Top
from alimante.config.outputs import LimitsKeys


class _Inner(Keys):
    number: int = Field(default=3, ge=1)
    pair: tuple[int, ...] = (1, 2)

    @model_validator(mode="after")
    def _lucky(self) -> "_Inner":
        if self.number == 13:
            raise ValueError("number must not be 13")
        return self


class _Outer(Keys):
    inner: Section[_Inner] = section(_Inner, "An inner one.", number=5)
    named: dict[str, Section[_Inner]] = Field(default={})


class _Whole(Keys):
    outer: Section[_Outer] = section(_Outer, "An outer one.")


def _sections(model: type[Keys]) -> list[type[Keys]]:
    """Everything in `model` that a document need not say, and what is in that."""
    inner = [
        field.annotation
        for field in model.model_fields.values()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Keys) and not field.is_required()
    ]
    return [found for section in inner for found in (section, *_sections(section))]


@pytest.mark.parametrize("model", [*_sections(Top), *_sections(ActuatorKeys), *_sections(SensorKeys), LimitsKeys])
def test_what_is_not_said_is_what_an_empty_object_says(model: type[Keys]) -> None:
    assert model.usual() == model.model_validate_json("{}")
    assert model.usual().model_fields_set == set()


@pytest.mark.parametrize("model", [Top, ActuatorKeys, SensorKeys, _Whole, *_sections(Top)])
def test_the_default_of_a_section_keeps_to_its_own_limits(model: type[Keys]) -> None:
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True) if not field.is_required() else None
        if isinstance(default, Keys):
            assert type(default).model_validate_json(default.model_dump_json()) == default, name


def test_a_section_is_built_when_a_document_has_it() -> None:
    class Late(Keys):
        number: int = 1

    class Document(Keys):
        late: Section[Late] = section(Late, "A late one.")

    assert Document.model_validate_json("{}").late.number == 1
    assert not Late.__pydantic_complete__
    assert Document.model_validate_json('{"late": {"number": 2}}').late.number == 2
    assert Late.__pydantic_complete__


def test_a_section_has_the_values_that_its_field_gives() -> None:
    assert _Whole.model_validate_json("{}").outer.inner.number == 5
    assert _Whole.model_validate_json('{"outer": {"inner": {}}}').outer.inner.number == 3


@pytest.mark.parametrize(
    ("said", "kind", "place"),
    [
        ('{"outer": {"inner": {"number": 0}}}', "greater_than_equal", ("outer", "inner", "number")),
        ('{"outer": {"inner": {"nmber": 1}}}', "extra_forbidden", ("outer", "inner", "nmber")),
        ('{"outer": {"named": {"a": {"number": 13}}}}', "value_error", ("outer", "named", "a")),
        ('{"outer": {"inner": null}}', "model_type", ("outer", "inner")),
        ('{"outer": 3}', "model_type", ("outer",)),
    ],
)
def test_a_mistake_in_a_section_is_told_at_its_place(said: str, kind: str, place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        _Whole.model_validate_json(said)
    assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [(kind, place)]


def test_a_section_is_judged_as_json() -> None:
    assert _Whole.model_validate_json('{"outer": {"inner": {"pair": [7, 8]}}}').outer.inner.pair == (7, 8)


def test_the_schema_describes_a_section_once_with_its_defaults() -> None:
    schema: dict[str, Any] = _Whole.model_json_schema()
    inner = schema["$defs"]["_Outer"]["properties"]
    assert inner["inner"]["$ref"] == inner["named"]["additionalProperties"]["$ref"] == "#/$defs/_Inner"
    assert inner["inner"]["default"] == {"note": None, "number": 5, "pair": [1, 2]}
    assert schema["properties"]["outer"]["default"]["inner"]["number"] == 5
