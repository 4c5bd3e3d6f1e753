"""What every model of the configuration is built from; it must not know a key.

Pydantic takes some milliseconds to build a model's validators, on a small computer many. So a model is built when a
document first says something that it has to judge, and what a document does not say stands at defaults that need none.
"""

from json import dumps
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from alimante.core.ids import ID_PATTERN

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
Ref = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32})?$", examples=["air.humidity"])]
"""What can be believed in: a group, a sensor of one channel, or `sensor.channel`."""


class Keys(BaseModel):
    """An object of the configuration: unknown keys are errors, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)

    note: str | None = Field(default=None, description="A remark for people; it changes nothing.")

    @classmethod
    def usual(cls, **said: Any) -> Self:
        """An object that says only `said`, taken as it is; all other keys must have defaults."""
        made: Self = cls.model_construct(set(said), **said)  # type: ignore[assignment]  # for pydantic's plugin, a Keys
        return made

    def values(self) -> dict[str, Any]:
        """The values by their keys, without the note."""
        return {key: value for key, value in self if key != "note"}


Model = TypeVar("Model", bound=Keys)


class _Later:
    """Builds the validators of a section when a document has it."""

    def __get_pydantic_core_schema__(self, model: type[Keys], build: GetCoreSchemaHandler) -> CoreSchema:
        def judged(said: Any) -> Any:
            return said if isinstance(said, model) else model.model_validate_json(dumps(said))

        return core_schema.no_info_plain_validator_function(judged, metadata={"section": model})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, describe: GetJsonSchemaHandler) -> JsonSchemaValue:
        model: type[Keys] = schema["metadata"]["section"]
        model.model_rebuild()
        whole: Any = model.__pydantic_core_schema__
        if whole["type"] != "definitions":  # which have a reference inside
            whole = {**whole, "ref": f"{model.__module__}.{model.__qualname__}:{id(model)}"}
        return describe(core_schema.no_info_after_validator_function(lambda said: said, whole))


Section = Annotated[Model, _Later()]
"""An object inside an object."""


def section(model: type[Keys], description: str, **said: Any) -> Any:
    """The field of a `Section` that need not be there; `said` is what differs from the model's own defaults then."""

    def add_default(schema: JsonSchemaValue) -> None:
        schema["default"] = model.usual(**said).model_dump(mode="json")

    return Field(default_factory=lambda: model.usual(**said), description=description, json_schema_extra=add_default)
