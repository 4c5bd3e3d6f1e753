"""What the configuration may say about telling people; it must not tell anybody."""

from pydantic import Field, model_validator

from alimante.config.base import Keys
from alimante.policy.alerts import AlertRules
from alimante.policy.flapping import FlapRules

_USUAL = AlertRules()


class AlertKeys(Keys):
    """When people are told."""

    group_s: float = Field(
        default=_USUAL.group_s, ge=0, le=3600, description="Seconds for which warnings are gathered into one message."
    )
    change_s: float = Field(
        default=_USUAL.change_s, ge=0, le=86400, description="Shortest time between two messages about one alert."
    )
    repeat_s: float = Field(
        default=_USUAL.repeat_s, ge=60, le=604800, description="Seconds after which people are reminded of an alert."
    )
    repeat_critical_s: float = Field(
        default=_USUAL.repeat_critical_s,
        ge=60,
        le=86400,
        description="Seconds after which people are reminded of a critical alert that nobody has acknowledged.",
    )
    clear_s: float = Field(
        default=_USUAL.clear_s, ge=0, le=86400, description="Seconds of calm after which an alert is over."
    )
    most_per_hour: int = Field(
        default=_USUAL.most_per_hour,
        ge=2,
        le=1000,
        description="Messages in an hour; more come as one digest.",
    )
    flap_start_percent: float = Field(
        default=_USUAL.flap.start_percent, gt=0, le=100, description="Share of changes from which on an alert flaps."
    )
    flap_stop_percent: float = Field(
        default=_USUAL.flap.stop_percent, ge=0, lt=100, description="Share of changes at which it flaps no longer."
    )

    @model_validator(mode="after")
    def _ordered(self) -> "AlertKeys":
        if self.flap_stop_percent >= self.flap_start_percent:
            raise ValueError("flap_stop_percent must be below flap_start_percent")
        return self

    def rules(self) -> AlertRules:
        """The same for the policy."""
        own = self.values()
        flap = FlapRules(start_percent=own.pop("flap_start_percent"), stop_percent=own.pop("flap_stop_percent"))
        return AlertRules(**own, flap=flap)
