"""Repeats a failed call of a plug-in or a third party's driver; it must not decide which errors are worth it.

The policy decides and tenacity loops, which is imported with the first call, since that costs 25 ms.
"""

import inspect
import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from alimante.policy.retry import RetryPolicy, RetryRules

if TYPE_CHECKING:
    from tenacity import RetryCallState

P = ParamSpec("P")
R = TypeVar("R")

RETRYING: ContextVar[bool] = ContextVar("RETRYING", default=False)
"""Whether somebody further out repeats already: then everything further in is tried once only."""


def retry_on_error(
    *,
    sleep: Callable[[float], Any],
    now: Callable[[], float],
    rng: random.Random,
    rules: RetryRules | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function, or a coroutine function, so that it is called again after a transient `DeviceError`.

    There are up to `rules.attempts` calls with full jitter between them, none of which begins when it would not end
    before `rules.deadline_s` if it takes as long as the one before. The last error is raised as it is. Any other
    exception is raised at once. Decorate only what may be done twice.

    `sleep(seconds)` waits; for a coroutine function it must be a coroutine function, too (`asyncio.sleep`), and for a
    driver it is `OpenRequest.sleep`. `now()` is the monotonic time in seconds, and `rng` makes the jitter.

    Calls are repeated at one layer only: inside of another decorated function, and in a driver that the supervisor
    reads with repetitions of its own, a decorated function is called once.

        class MySensor:
            def __init__(self, request):
                again = retry_on_error(sleep=request.sleep, now=time.monotonic, rng=random.Random())
                self._fetch = again(self._fetch_once)
    """
    policy = RetryPolicy(rules or RetryRules(), rng=rng)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function):
            # R is what the coroutine function returns: an Awaitable.
            return _asynchronous(function, policy, sleep, now)  # type: ignore[return-value]
        return _synchronous(function, policy, sleep, now)

    return decorate


class _Rounds:
    """What tenacity asks during one call: whether to go on, and how long to wait first."""

    def __init__(self, policy: RetryPolicy, now: Callable[[], float]) -> None:
        self._policy = policy
        self._now = now
        self._asked_s = now()
        self._ends_s = self._asked_s + policy.rules.deadline_s
        self._wait_s = 0.0

    def begin(self, state: "RetryCallState") -> None:
        """An attempt begins."""
        self._asked_s = self._now()

    def again(self, state: "RetryCallState") -> bool:
        """Whether to try again after the attempt in `state`."""
        error = state.outcome.exception() if state.outcome is not None else None
        if error is None:
            return False
        now_s = self._now()
        wait_s = self._policy.wait_s(
            error, attempt=state.attempt_number, took_s=now_s - self._asked_s, left_s=self._ends_s - now_s
        )
        self._wait_s = wait_s or 0.0
        return wait_s is not None

    def wait(self, state: "RetryCallState") -> float:
        """How long to wait before that."""
        return self._wait_s


def _synchronous(
    function: Callable[P, R], policy: RetryPolicy, sleep: Callable[[float], Any], now: Callable[[], float]
) -> Callable[P, R]:
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if RETRYING.get():
            return function(*args, **kwargs)
        from tenacity import Retrying

        rounds = _Rounds(policy, now)
        loop = Retrying(sleep=sleep, before=rounds.begin, retry=rounds.again, wait=rounds.wait, reraise=True)
        token = RETRYING.set(True)
        try:
            return loop(function, *args, **kwargs)
        finally:
            RETRYING.reset(token)

    return call


def _asynchronous(
    function: Callable[P, Awaitable[R]], policy: RetryPolicy, sleep: Callable[[float], Any], now: Callable[[], float]
) -> Callable[P, Awaitable[R]]:
    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if RETRYING.get():
            return await function(*args, **kwargs)
        from tenacity import AsyncRetrying

        rounds = _Rounds(policy, now)
        loop = AsyncRetrying(sleep=sleep, before=rounds.begin, retry=rounds.again, wait=rounds.wait, reraise=True)
        token = RETRYING.set(True)
        try:
            return await loop(function, *args, **kwargs)
        finally:
            RETRYING.reset(token)

    return call
