"""What the configuration may say about watching the computer itself; it must not measure anything."""

from pydantic import Field, model_validator

from alimante.config.base import Keys


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


def _limit(warning: tuple[float, float] | None, critical: tuple[float, float] | None, hold_s: float) -> LimitKeys:
    enter, over = warning or (None, None)
    worse, better = critical or (None, None)
    return LimitKeys(warning=enter, warning_over=over, critical=worse, critical_over=better, hold_s=hold_s)


class MonitoringKeys(Keys):
    """What is measured of the computer itself, and when that is a problem."""

    period_s: float = Field(default=10.0, ge=1, le=3600, description="Seconds from one look to the next.")
    keep_s: float = Field(default=3600.0, ge=60, le=86400, description="Age at which a value is dropped.")
    cpu_percent: LimitKeys = Field(
        default=_limit((90, 75), None, 300), description="Share of all processor cores that is in use."
    )
    load_per_core: LimitKeys = Field(
        default=_limit((3, 2), None, 300), description="Processes that wait for each core, over one minute."
    )
    memory_percent: LimitKeys = Field(
        default=_limit((85, 75), (95, 90), 30), description="Share of the computer's memory that is in use."
    )
    process_memory_percent: LimitKeys = Field(
        default=_limit((70, 60), (85, 75), 30), description="Share of what Alimante may use of the memory at most."
    )
    process_files_percent: LimitKeys = Field(
        default=_limit((70, 60), (90, 80), 0), description="Share of the files that Alimante may hold open."
    )
    process_threads: LimitKeys = Field(default=_limit((64, 50), None, 60), description="Threads of Alimante.")
    disk_free_percent: LimitKeys = Field(
        default=_limit((10, 12), (3, 5), 0), description="Free share of the disk that holds the state."
    )
    disk_inodes_free_percent: LimitKeys = Field(
        default=_limit((10, 12), (3, 5), 0), description="Share of files that the disk with the state can still take."
    )
    soc_temperature_c: LimitKeys = Field(
        default=_limit((85, 80), (90, 85), 10),
        description="Temperature of the processor; a Pi slows down at 85 °C.",
    )
    tasks_growth: LimitKeys = Field(
        default=_limit((2, 1.5), None, 60), description="Tasks, as a multiple of how many there were after the start."
    )
