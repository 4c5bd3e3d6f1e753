"""Scenario files: what a run of `alimante simulate` is to do, as JSON; it must not run anything."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from alimante.config.base import Keys
from alimante.config.faults import Problem
from alimante.config.load import load_as
from alimante.core.durations import duration_s
from alimante.simulation.faults import parse
from hardware.sim.faults import BadFault


class ScenarioFault(Keys):
    """One fault, key by key; the same as its text form."""

    on: str = Field(
        description="What breaks: a device, or broker, clock, disk, process, people or computer. "
        "What happens: door, room or sun."
    )
    kind: str = Field(description="How it breaks, such as off, stuck or down.")
    argument: str | float | None = Field(default=None, description="What stands in brackets in the text form.")
    at: str = Field(description="When, from the start on, such as 90s, 10m or 2h.")
    lasts: str | None = Field(default=None, description="For how long; to the end when not given.")

    def spec(self) -> str:
        """The text form."""
        argument = (
            ""
            if self.argument is None
            else f"({self.argument:g})"
            if _is_number(self.argument)
            else f"({self.argument})"
        )
        return f"{self.on}={self.kind}{argument}@{self.at}{'' if self.lasts is None else f'+{self.lasts}'}"


def _form(said: Any) -> str:
    return "object" if isinstance(said, (dict, ScenarioFault)) else "text"


AnyFault = Annotated[Annotated[str, Tag("text")] | Annotated[ScenarioFault, Tag("object")], Discriminator(_form)]


class Scenario(Keys):
    """What happens in a run."""

    lasts: str | None = Field(
        default=None, description="How long the run is, such as 90m or 30d; one day if not given."
    )
    seed: int | None = Field(default=None, description="Of all chance: the same gives the same run.")
    chaos: bool = Field(default=False, description="Draw more faults by chance, by the seed.")
    faults: list[AnyFault] = Field(
        default_factory=list, description='What breaks: texts such as "warm_probe=off@10m+5m", or objects.'
    )

    def specs(self) -> list[str]:
        """The text forms of all faults."""
        return [fault if isinstance(fault, str) else fault.spec() for fault in self.faults]


def load_scenario(path: Path, devices: Mapping[str, str]) -> Scenario:
    """The scenario in the file at `path`, for a configuration with these `devices` (see `faults.parse`).

    Raises `ConfigInvalid` with all that is wrong, each with its place.
    """

    def judge(said: Scenario) -> Iterable[Problem]:
        for number, spec in enumerate(said.specs()):
            try:
                parse(spec, devices)
            except BadFault as error:
                yield Problem(("faults", number), str(error))
        if said.lasts is not None:
            try:
                duration_s(said.lasts)
            except ValueError as error:
                yield Problem(("lasts",), str(error))

    return load_as(path, Scenario, judge)


def _is_number(value: str | float) -> bool:
    return not isinstance(value, str)
