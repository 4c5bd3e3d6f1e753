"""How many of the last measurements failed; it must not care why."""

from collections import deque

_WINDOW = 100
_LEAVE_SHARE = 0.5
LEAVE_RUN = 15
"""After so many good attempts in a row it is over."""


class ErrorDensity:
    """The outcomes of the last 100 attempts of one device. `is_high` while too many of them failed.

    It is high when the failed ones are more than `share` of 100. Of fewer than 100 attempts more must have failed, one
    for each ten that are missing: 12 of the first 12, 16 of 60 at a share of 0.2. It is over below half the share,
    or after 15 good attempts in a row, so that a repaired cable is seen to be repaired.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._last: deque[bool] = deque(maxlen=_WINDOW)
        self._failed = 0
        self._good_run = 0
        self.is_high = False

    @property
    def share(self) -> float:
        """The share of failed ones among the last attempts."""
        return self._failed / len(self._last) if self._last else 0.0

    def add(self, failed: bool) -> bool:
        """Take in one attempt; returns whether too many failed."""
        last = self._last
        if len(last) == _WINDOW and last[0]:
            self._failed -= 1
        last.append(failed)
        if failed:
            self._failed += 1
            self._good_run = 0
        else:
            self._good_run += 1
        if self.is_high:
            self._leave()
        elif self._failed:
            count = len(last)
            self.is_high = self._failed > self._share * count + (_WINDOW - count) / 10
        return self.is_high

    def _leave(self) -> None:
        if self._good_run >= LEAVE_RUN:
            self._last.clear()
            self._failed = 0
        if self._failed <= _LEAVE_SHARE * self._share * len(self._last):
            self.is_high = False
