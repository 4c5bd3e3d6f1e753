"""Keeps a link to the broker up and empties the outbox into it; it must not know what the messages mean."""

import asyncio
import logging
import random
from collections.abc import Callable

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import HandlerFailed, LinkChanged
from alimante.core.tasks import Tasks
from alimante.core.text import said_by
from alimante.mqtt.link import Inbound, Link, LinkFailed, Session
from alimante.mqtt.outbox import INFLIGHT, Message, Outbox
from alimante.mqtt.topics import Topics
from alimante.policy.backoff import full_jitter_s

BACKOFF_BASE_S, BACKOFF_CAP_S = 1.0, 120.0
STABLE_S = 60.0
"""Only a link that lasted so long makes the next failure wait the shortest time again."""

REASONS_TOLD = 8
"""How many different reasons of one outage are logged: an outage of a week must not fill the log."""

FAILURE = 0x80
"""From here on the reason code of an acknowledgement says that the broker did not take the message (MQTT 5, 2.4)."""

DRAIN_S = 1.0
"""How long a stop waits for the broker to take what was published before it: that outputs are safe, for one."""

MARKER_S = 5.0
"""How long the marker behind messages from before may take; a broker that loses it must not hold up commands."""

_log = logging.getLogger(__name__)


class MqttClient:
    """One broker, for as long as the supervisor runs.

    `connect(use_v5)` makes a new link for each attempt. `on_message(message, age_bound_s)` gets every message with
    the longest time that it can have waited at the broker: 0.0 once all from before this connection have come. That
    is known from a marker which the client sends itself behind its subscriptions and which the broker returns after
    them. `on_online()` is called when subscriptions stand, before anything else is published.
    """

    name = "mqtt"
    phase = Phase.LINKS

    def __init__(
        self,
        connect: Callable[[bool], Link],
        *,
        topics: Topics,
        protocol: str,
        bus: EventBus,
        clock: Clock,
        rng: random.Random,
        on_message: Callable[[Inbound, float], None],
        on_online: Callable[[], None],
        tasks: Tasks,
    ) -> None:
        self.outbox = Outbox()
        self.connected = False
        self.refused = 0
        """How many messages the broker did not take, although it is connected: a user without the right, for one."""
        self.trouble = ""
        """Why the last connection failed or ended, without secrets; empty before the first failure."""
        self._connect = connect
        self._topics = topics
        self._use_v5 = protocol != "3.1.1"
        self._may_change_protocol = protocol == "auto"
        self._bus = bus
        self._clock = clock
        self._rng = rng
        self._on_message = on_message
        self._on_online = on_online
        self._link: Link | None = None
        self._failures = 0
        self._v5_works = False
        self._outage: set[str] = set()
        self._last_heard_s = float("-inf")
        self._heard_before_s: float | None = None
        """When the connection before was last heard of, while messages from then may come; else None."""
        self._marker: bytes | None = None
        self._untellable: set[str] = set()
        self._refusals: set[int] = set()
        self._drained: asyncio.Future[None] | None = None
        self._stopping = False
        self._tasks = tasks

    async def start(self) -> None:
        """Begin to connect; an absent broker is no error."""
        self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """Say `offline` behind all that was published, and good-bye, as far as the broker answers."""
        if self._link is not None and self.connected:
            await self._say_goodbye(self._link)
        await self._tasks.cancel()

    def publish(self, message: Message) -> None:
        """Send `message` now or when the broker is there again."""
        if self.connected and self._link is not None and self.outbox.is_clear:
            self._tell(self._link, message)
            return
        self.outbox.put(message)
        if self.connected:
            self._pump()

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with MQTT, it must not end the supervisor
                self._note_failure(error)
            await asyncio.sleep(
                full_jitter_s(self._failures, base_s=BACKOFF_BASE_S, cap_s=BACKOFF_CAP_S, rng=self._rng)
            )

    async def _session(self) -> None:
        """One link from its beginning to its end. Raises `LinkFailed`, or `OSError` for an unreadable file."""
        link = self._link = self._connect(self._use_v5)
        try:
            self._expect_backlog()  # before the first message, which may come together with the broker's answer
            session = await link.open(self._receive, self._acknowledged)
            started_s = self._clock.mono()
            await self._begin(link, session)
            reason = await link.closed()
        finally:
            link.drop()
            self._link = None
            self._lost()
        if self._stopping:
            return
        self._use_v5 = self._use_v5 or self._v5_works
        if self._clock.mono() - started_s < STABLE_S:
            raise LinkFailed(f"{reason}, soon after it began (if again and again: does another client use our id?)")
        self._failures = 0
        raise LinkFailed(reason)

    async def _begin(self, link: Link, session: Session) -> None:
        """Subscribe, learn where the messages from before end, and say that we are there."""
        self.outbox.limit = max(1, min(INFLIGHT, session.receive_maximum))
        self._refusals.clear()
        await link.subscribe([*self._topics.subscriptions, self._topics.marker])
        self._v5_works = self._v5_works or self._use_v5
        marker = self._marker = f"{self._rng.getrandbits(64):016x}".encode()
        self.outbox.put_first(
            Message(self._topics.marker, lambda: marker, retain=False, is_state=True),
            Message(self._topics.availability, lambda: b"online", retain=True, is_state=True),
        )
        asyncio.get_running_loop().call_later(MARKER_S, self._end_backlog, marker)
        self.connected = True
        if self._outage:
            _log.warning("the broker is back after %d failed attempts", self._failures)
        self._outage.clear()
        self._bus.publish(LinkChanged(connected=True, reason="subscriptions stand"))
        self._on_online()
        self.outbox.is_offline = False  # only now: what waits and is told again at this moment is sent once
        self._pump()

    async def _say_goodbye(self, link: Link) -> None:
        """A broker that does not answer is not waited for long: other components have to stop, too."""
        self._stopping = True
        self._drained = asyncio.get_running_loop().create_future()
        self.publish(Message(self._topics.availability, lambda: b"offline", retain=True, is_state=True))
        await asyncio.wait([self._drained], timeout=DRAIN_S)
        await link.close()

    def _expect_backlog(self) -> None:
        """Where the connection before broke within its backlog, the rest of that is still older."""
        if self._heard_before_s is None:
            self._heard_before_s = self._last_heard_s

    def _lost(self) -> None:
        self._marker = None
        if self.connected:
            self.connected = False
            self.outbox.connection_lost()
            self._bus.publish(LinkChanged(connected=False, reason="the connection ended"))

    def _note_failure(self, error: Exception) -> None:
        """Count, and log on the edge only: each reason once per outage."""
        self._failures += 1
        self.trouble = str(error)
        if isinstance(error, LinkFailed) and error.wrong_protocol and self._may_change_protocol:
            self._use_v5 = not self._use_v5
        if str(error) in self._outage or len(self._outage) >= REASONS_TOLD:
            return
        self._outage.add(str(error))
        defect = None if isinstance(error, LinkFailed | OSError) else error
        _log.warning("%s; trying again, at most every %g s", error, BACKOFF_CAP_S, exc_info=defect)

    def _pump(self) -> None:
        link = self._link
        while link is not None and (message := self.outbox.next()) is not None:
            self._tell(link, message)

    def _tell(self, link: Link, message: Message) -> None:
        try:
            payload = message.render()
        except Exception as error:  # noqa: BLE001 - it must not take the link or its sender with it
            self._note_untellable(message.topic, error)
            return
        number = link.publish(message.topic, payload, qos=message.qos, retain=message.retain)
        if message.qos:
            self.outbox.sent(number, message)

    def _note_untellable(self, topic: str, error: Exception) -> None:
        """Log once per topic, and count each time: what the broker goes on to show there is old."""
        if topic not in self._untellable:
            self._untellable.add(topic)
            _log.error("what should be published on %s cannot be told and is left out", topic, exc_info=error)
        described = f"{type(error).__name__}: {said_by(error)}"
        self._bus.publish(HandlerFailed(handler=self.name, event=topic, error=described))

    def _acknowledged(self, number: int, code: int) -> None:
        self._last_heard_s = self._clock.mono()
        message = self.outbox.acknowledged(number)
        if code >= FAILURE and message is not None:
            self._note_refused(message.topic, code)
        if self.connected:
            self._pump()
        if self._drained is not None and not self._drained.done() and not len(self.outbox):
            self._drained.set_result(None)

    def _note_refused(self, topic: str, code: int) -> None:
        """Count, and log each reason once per connection; to send it again would be refused again."""
        self.refused += 1
        if code not in self._refusals:
            self._refusals.add(code)
            _log.warning("the broker did not take what was published on %s (MQTT 5 reason code 0x%02x)", topic, code)

    def _receive(self, message: Inbound) -> None:
        now_s = self._last_heard_s = self._clock.mono()
        if message.topic == self._topics.marker:
            self._end_backlog(message.payload)
            return
        self._on_message(message, 0.0 if self._heard_before_s is None else now_s - self._heard_before_s)

    def _end_backlog(self, marker: bytes) -> None:
        """What comes from now on was sent while we were connected."""
        if marker == self._marker:
            self._heard_before_s = None
