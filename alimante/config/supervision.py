"""What the configuration may say about supervision; it must not supervise anything."""

from alimante.config.base import Keys


class HealthKeys(Keys):
    """When something counts as unwell."""


class AlertKeys(Keys):
    """When people are told."""


class RecoveryKeys(Keys):
    """How faults are repaired, and how often."""


class MonitoringKeys(Keys):
    """What is measured of the computer itself."""
