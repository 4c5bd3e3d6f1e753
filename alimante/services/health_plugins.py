"""The boundary to health checks that others wrote; it must let nothing through that they raise."""

import logging
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from alimante.core.events import Level
from alimante.policy.belief import Believed
from alimante.policy.checkup import Check, Checkup, Finding

ENTRY_POINT_GROUP: Final = "alimante.health_checks"

_log = logging.getLogger(__name__)


def plugin_checks(believed: Believed) -> Iterator[Check]:
    """The checks of other distributions, in the order of their names.

    Each entry point of the group `alimante.health_checks` is a function of what is believed that returns `Check`s.
    One that fails is a check by itself, which warns of that.
    """
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        yield from _checks_of(point, believed)


def _checks_of(point: EntryPoint, believed: Believed) -> list[Check]:
    try:
        checks = list(point.load()(believed))
        strange = [type(check).__name__ for check in checks if not isinstance(check, Check)]
        if strange:
            raise TypeError(f"it returned {', '.join(strange)} where a Check was expected")
    except Exception as error:  # noqa: BLE001 - any code may run when a third party's module is imported
        _log.exception("the health checks %r cannot be used", point.name)
        text = f"the health checks {point.name} cannot be used: {type(error).__name__}: {error}"[:200]
        failed = Finding(level=Level.WARNING, code="plugin_failed", text=text, advice="update or uninstall them")
        name = "".join(letter if letter.isalnum() else "_" for letter in point.name.lower() if letter.isascii())
        return [Check(component="health", name=f"plugin_{name}"[:32], run=lambda: failed, is_critical=False)]
    return checks


def run_check(checkup: Checkup) -> Finding:
    """Run the check of `checkup`. One that fails gives no evidence, and is logged at its first failure."""
    check = checkup.check
    try:
        finding = check.run()
        if isinstance(finding, Finding):
            return finding
        raise TypeError(f"it returned {type(finding).__name__}, which is no Finding")
    except Exception as error:  # noqa: BLE001 - one check's defect is not the others' business
        if checkup.finding.code != "check_failed":
            _log.exception("the health check %s of %s failed", check.name, check.component)
        text = f"its health check {check.name} failed: {type(error).__name__}: {error}"
        return Finding(level=None, code="check_failed", text=text[:200])
