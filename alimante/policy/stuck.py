"""How long a channel has said the very same; it must not call that a fault without a reason why it should have moved.

Identical values alone prove nothing: chips give whole steps, and a good enclosure is steady.
"""


class Stuck:
    """The memory of one channel.

    It is stuck once it has been the same for `stuck_after_s` and something that must move it happened meanwhile, at
    least `grace_s` ago. 0.0 for `stuck_after_s` or `identical_after_s` asks nothing.
    """

    def __init__(self, *, stuck_after_s: float, grace_s: float, identical_after_s: float) -> None:
        self._stuck_after_s = stuck_after_s
        self.grace_s = grace_s
        self._identical_after_s = identical_after_s
        self._value: float | None = None
        self._since_s = 0.0
        self._excited_s: float | None = None
        self._at_s = 0.0

    def reset(self) -> None:
        """Forget the value."""
        self._value = None
        self._excited_s = None

    def add(self, value: float, at_s: float) -> None:
        """Take in a value measured at `at_s`."""
        self._at_s = at_s
        if value != self._value:
            self._value = value
            self._since_s = at_s
            self._excited_s = None

    def excite(self, at_s: float) -> None:
        """Something happened at `at_s` that must have moved the value; the first such moment counts."""
        if self._excited_s is None:
            self._excited_s = at_s

    @property
    def same_s(self) -> float:
        """For how long the value has been the same."""
        return self._at_s - self._since_s

    @property
    def since_s(self) -> float:
        """Since when the value has been the same."""
        return self._since_s

    @property
    def wants_to_know(self) -> bool:
        """Whether it matters now if something should have moved the value."""
        return bool(self._stuck_after_s) and self._excited_s is None and self.same_s >= self._stuck_after_s

    @property
    def is_stuck(self) -> bool:
        """Whether it should have moved and did not."""
        if not self._stuck_after_s or self._excited_s is None or self.same_s < self._stuck_after_s:
            return False
        return self._at_s - self._excited_s >= self.grace_s

    @property
    def is_identical(self) -> bool:
        """Whether it has been the same for so long that a person should look."""
        return bool(self._identical_after_s) and self.same_s >= self._identical_after_s
