"""What the configuration may say about watching the computer itself; it must not measure anything."""

from typing import Any

from pydantic import Field, model_validator

from alimante.config.base import Keys, Section, section


class LimitKeys(Keys):
    """When one number is a problem. It is bad when high if it enters above where it leaves, else bad when low."""

    warning: float | None = Field(default=None, description="From here on it is a warning.")
    warning_over: float | None = Field(default=None, description="Back here the warning is over.")
    critical: float | None = Field(default=None, description="From here on it is critical.")
    critical_over: float | None = Field(default=None, description="Back here it is no longer critical.")
    hold_s: float = Field(default=0.0, ge=0, description="Seconds for which it must be so bad before it counts.")

    @model_validator(mode="after")
    def _whole(self) -> "LimitKeys":
        for enter, leave in ((self.warning, self.warning_over), (self.critical, self.critical_over)):
            if (enter is None) is not (leave is None):
                raise ValueError("a limit needs both the value where it begins and the one where it is over")
            if enter is not None and enter == leave:
                raise ValueError("a limit that is over where it begins would flutter; put some room between the two")
        return self


def _limit(
    description: str,
    *,
    warning: tuple[float, float],
    critical: tuple[float | None, float | None] = (None, None),
    hold_s: float,
) -> Any:
    """A field whose default is these limits, each where it begins and where it is over."""
    return section(
        LimitKeys,
        description,
        warning=warning[0],
        warning_over=warning[1],
        critical=critical[0],
        critical_over=critical[1],
        hold_s=hold_s,
    )


class MonitoringKeys(Keys):
    """What is measured of the computer itself, and when that is a problem."""

    period_s: float = Field(
        default=10.0,
        ge=1,
        le=3600,
        description="Seconds from one look to the next; where it is left out, ten control ticks, and 10 at least.",
    )
    keep_s: float = Field(default=3600.0, ge=60, le=86400, description="Age at which a value is dropped.")
    cpu_percent: Section[LimitKeys] = _limit(
        "Share of all processor cores that is in use.", warning=(90, 75), hold_s=300
    )
    load_per_core: Section[LimitKeys] = _limit(
        "Processes that wait for each core, over one minute.", warning=(3, 2), hold_s=300
    )
    memory_percent: Section[LimitKeys] = _limit(
        "Share of the computer's memory that is in use.", warning=(85, 75), critical=(95, 90), hold_s=30
    )
    process_memory_percent: Section[LimitKeys] = _limit(
        "Share of what Alimante may use of the memory at most.", warning=(70, 60), critical=(85, 75), hold_s=30
    )
    process_files_percent: Section[LimitKeys] = _limit(
        "Share of the files that Alimante may hold open.", warning=(70, 60), critical=(90, 80), hold_s=0
    )
    process_threads: Section[LimitKeys] = _limit("Threads of Alimante.", warning=(64, 50), hold_s=60)
    disk_free_percent: Section[LimitKeys] = _limit(
        "Free share of the disk that holds the state.", warning=(10, 12), critical=(3, 5), hold_s=0
    )
    disk_inodes_free_percent: Section[LimitKeys] = _limit(
        "Share of files that the disk with the state can still take.", warning=(10, 12), critical=(3, 5), hold_s=0
    )
    disk_read_only: Section[LimitKeys] = _limit(
        "1 while the disk that holds the state takes no changes, as Linux has it after an error; else 0.",
        warning=(1, 0),
        hold_s=0,
    )
    soc_temperature_c: Section[LimitKeys] = _limit(
        "Temperature of the processor; a Pi slows down at 85 °C.", warning=(85, 80), critical=(90, 85), hold_s=10
    )
    tasks_growth: Section[LimitKeys] = _limit(
        "Tasks, as a multiple of how many there were after the start.", warning=(2, 1.5), hold_s=60
    )
