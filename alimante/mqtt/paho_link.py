"""A link made of paho-mqtt, served by the asyncio loop itself; it must not keep, repeat or reorder messages.

Only the connection set-up, which may block in DNS for half a minute, runs in a daemon thread. Everything later runs
in the loop: two thread switches less per message than with paho's own network thread. The packets that come and go all
the time, PUBLISH and PUBACK, pass paho by (`alimante.mqtt.packets`; both in docs/decisions).
"""

import asyncio
import logging
import socket
import ssl
import threading
from typing import Any

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from alimante.config.model import Mqtt
from alimante.mqtt.buffered_socket import BufferedSocket
from alimante.mqtt.link import Inbound, LinkFailed, OnAcknowledged, OnMessage, Session, Will
from alimante.mqtt.packets import (
    CONNACK,
    PUBACK,
    PUBLISH,
    Malformed,
    Packet,
    Splitter,
    read_puback,
    read_publish,
    write_puback,
    write_publish,
)

CONNECT_S = 10.0
"""How long DNS and TCP may take before the attempt is given up; the thread is left to its fate."""

ANSWER_S = 5.0
"""How long the broker may take to answer CONNECT or SUBSCRIBE. Some 3.1.1-only brokers never answer version 5."""

GOODBYE_S = 0.5
"""How long a clean end waits for the last bytes to leave."""

MISC_S = 1.0
"""How often keep-alive is looked after."""

SILENCE = 1.4
"""After so many keep-alive times without a byte the link is dead. The library asks after one, and would wait another
one for the answer: with the default of 30 s that is more than the 45 s in which a frozen broker must be noticed."""

FIRST_NUMBER, LAST_NUMBER = 32768, 65535
"""The packet numbers of our messages; paho counts its own, a few subscriptions, from 1."""

UNSUPPORTED_PROTOCOL = (0x01, 0x84)  # CONNACK of 3.1.1 and of 5

_log = logging.getLogger(__name__)


class PahoLink:
    """See `alimante.mqtt.link.Link`."""

    def __init__(self, settings: Mqtt, *, client_id: str, password: str | None, will: Will, use_v5: bool) -> None:
        self._settings = settings
        self._use_v5 = use_v5
        self._loop = asyncio.get_running_loop()
        self._connack: asyncio.Future[Session] = self._loop.create_future()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._subacks: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._misc: asyncio.TimerHandle | None = None
        self._write_asked = False
        self._writer_added = False
        self._socket: BufferedSocket | None = None
        self._splitter = Splitter()
        self._number = LAST_NUMBER
        self._unanswered: set[int] = set()
        self._deliver: OnMessage
        self._acknowledge: OnAcknowledged
        self._heard_s = 0.0
        self._client = self._make_client(client_id, password, will)

    async def open(self, on_message: OnMessage, on_acknowledged: OnAcknowledged) -> Session:
        """See `Link.open`."""
        self._deliver, self._acknowledge = on_message, on_acknowledged
        await self._connect_in_thread()
        client = self._client  # it calls nobody before this line: the thread above is not the loop's
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._serve_socket()
        try:
            async with asyncio.timeout(ANSWER_S):  # unlike wait_for in Python 3.11 it never swallows a stop
                return await asyncio.shield(self._connack)
        except TimeoutError:
            raise LinkFailed(
                f"{self._where()} took the connection but did not answer within {ANSWER_S:g} s", wrong_protocol=True
            ) from None

    async def subscribe(self, topics: list[str]) -> None:
        """See `Link.subscribe`."""
        options: list[tuple[str, Any]] = [(topic, self._subscribe_option()) for topic in topics]
        code, number = self._client.subscribe(options)
        if number is None:
            raise LinkFailed(self._closed.result() if self._closed.done() else f"nothing can be sent ({code})")
        answer = self._subacks[number] = self._loop.create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                codes = await answer
        except TimeoutError:
            raise LinkFailed(f"the broker did not confirm the subscription within {ANSWER_S:g} s") from None
        refused = [topic for topic, code in zip(topics, codes, strict=False) if code.is_failure]
        if refused:
            raise LinkFailed(f"the broker does not let this user subscribe to {', '.join(refused)}")

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> int:
        """See `Link.publish`."""
        number = self._next_number() if qos else 0
        packet = write_publish(topic, payload, number=number, retain=retain, use_v5=self._use_v5)
        if self._socket is not None:
            self._socket.send(packet)
            self._ask_write()
        return number

    def _next_number(self) -> int:
        """One that nobody waits for: the broker may answer the others and forget one for days."""
        while True:
            self._number = self._number + 1 if self._number < LAST_NUMBER else FIRST_NUMBER
            if self._number not in self._unanswered:
                self._unanswered.add(self._number)
                return self._number

    async def closed(self) -> str:
        """See `Link.closed`."""
        return await asyncio.shield(self._closed)

    async def close(self) -> None:
        """See `Link.close`."""
        self._client.disconnect()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.shield(self._closed)
        except TimeoutError:
            self.drop()

    def drop(self) -> None:
        """See `Link.drop`."""
        self._end("closed")

    def _make_client(self, client_id: str, password: str | None, will: Will) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._use_v5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if self._use_v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(0)  # the outbox limits what is under way
        if settings.username is not None:
            client.username_pw_set(settings.username, password)
        if settings.tls is not None:
            client.tls_set(ca_certs=settings.tls.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        return client

    async def _connect_in_thread(self) -> None:
        connected: asyncio.Future[None] = self._loop.create_future()

        def refuse_when_given_up(client: Client, userdata: Any, sock: Any) -> None:
            if connected.done():  # to say CONNECT now would throw out the connection made since
                raise ConnectionAbortedError("given up")

        def settle(error: str | None) -> None:
            if connected.done():
                self._client.disconnect()
            elif error is None:
                connected.set_result(None)
            else:
                connected.set_exception(LinkFailed(f"{self._where()}: {error}"))

        def connect() -> None:
            error = None
            try:
                self._connect()
            except (OSError, ValueError) as caught:
                error = str(caught)  # the exception itself would keep its frames, and with them a socket, in a circle
            try:
                self._loop.call_soon_threadsafe(settle, error)
            except RuntimeError:
                return  # the loop has ended

        self._client.on_socket_open = refuse_when_given_up
        threading.Thread(target=connect, name="mqtt-connect", daemon=True).start()
        try:
            async with asyncio.timeout(CONNECT_S):
                await connected
        except TimeoutError:
            raise LinkFailed(f"{self._where()}: no connection within {CONNECT_S:g} s") from None

    def _connect(self) -> None:
        """Blocks; runs in the connecting thread."""
        settings = self._settings
        properties = None
        if self._use_v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = int(settings.session_expiry_s)
        self._client.connect(
            self._host(),
            settings.port,
            keepalive=int(settings.keepalive_s),
            clean_start=False if self._use_v5 else MQTT_CLEAN_START_FIRST_ONLY,  # version 3.1.1 knows no such thing
            properties=properties,
        )

    def _host(self) -> Any:
        """The broker's name, in bytes where that will do: looking up text loads Python's tables of all the letters that
        a name may have (`encodings.idna`), which is 0.5 MB for good. TLS compares the text with the certificate.
        """
        host = self._settings.host
        return host.encode() if host.isascii() and self._settings.tls is None else host

    def _where(self) -> str:
        return f"broker {self._settings.host}:{self._settings.port}"

    def _serve_socket(self) -> None:
        found: Any = self._client.socket()
        if found is None:
            raise LinkFailed(f"{self._where()}: the connection broke at once")
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each QoS 1 answer waits 40 ms
        self._socket = self._client._sock = BufferedSocket(found)  # type: ignore[assignment]
        self._client._reset_sockets(sockpair_only=True)  # it only wakes paho's own thread, a system call per packet
        self._client.on_socket_register_write = lambda client, userdata, sock: self._ask_write()
        self._client.on_socket_close = lambda client, userdata, sock: self._stop_serving()
        self._loop.add_reader(found, self._read)
        self._heard_s = self._loop.time()
        self._misc = self._loop.call_later(MISC_S, self._look_after)
        self._ask_write()

    def _read(self) -> None:
        self._heard_s = self._loop.time()
        try:
            if self._socket is not None:
                self._splitter.feed(self._socket.take())
            while self._socket is not None and (packet := self._splitter.next()) is not None:
                self._receive(self._socket, packet)
            if self._socket is not None and self._socket.is_over:
                self._client.loop_read()  # it tells `_on_disconnect`
        except Exception as error:  # noqa: BLE001 - whatever the bytes are, they must end this link and nothing else
            _log.error("a packet of %s could not be read", self._where(), exc_info=error)
            self._end(f"{self._where()} sent a packet that cannot be read")

    def _receive(self, sock: BufferedSocket, packet: Packet) -> None:
        kind = packet.kind
        if kind == PUBLISH and self._receive_publish(sock, packet):
            return
        if kind == PUBACK:
            self._receive_puback(packet)
            return
        if packet.is_cut or not (kind == CONNACK or self._connack.done()):
            raise Malformed(f"packet type {kind} has no place here")
        sock.give(packet.raw)
        while sock.has_given and self._socket is not None:
            self._client.loop_read()

    def _receive_publish(self, sock: BufferedSocket, packet: Packet) -> bool:
        """Whether it was dealt with."""
        found = read_publish(packet, use_v5=self._use_v5)
        if found is None or not self._connack.done():
            return False
        message, number = found
        if number:
            sock.send(write_puback(number))
            self._ask_write()
        if message is not None:
            self._tell(message)
        return True

    def _receive_puback(self, packet: Packet) -> None:
        number, code = read_puback(packet, use_v5=self._use_v5)
        if number not in self._unanswered:
            return
        self._unanswered.discard(number)
        try:
            self._acknowledge(number, code)
        except Exception:  # noqa: BLE001 - a defect of ours is no reason to end the link
            _log.exception("an acknowledgement of the broker could not be dealt with")

    def _tell(self, message: Inbound) -> None:
        try:
            self._deliver(message)
        except Exception:  # noqa: BLE001 - a defect of ours is no reason to end the link
            _log.exception("a message from the broker could not be dealt with")

    def _ask_write(self) -> None:
        """Write once the present callback has ended, so that what it publishes leaves in one go."""
        if not self._write_asked:
            self._write_asked = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._write_asked = False
        if self._socket is None:
            return
        if self._client.want_write():
            self._client.loop_write()
        self._flush()

    def _flush(self) -> None:
        if self._socket is None:
            return
        if self._socket.flush():
            self._stop_writer()
        elif not self._writer_added:
            self._writer_added = True
            self._loop.add_writer(self._socket, self._flush)

    def _stop_writer(self) -> None:
        if self._writer_added and self._socket is not None:
            self._writer_added = False
            self._loop.remove_writer(self._socket)

    def _stop_serving(self) -> None:
        if self._socket is not None:
            self._stop_writer()
            self._loop.remove_reader(self._socket)
            self._socket = None
        if self._misc is not None:
            self._misc.cancel()

    def _look_after(self) -> None:
        self._misc = self._loop.call_later(MISC_S, self._look_after)
        self._client.loop_misc()
        silent_s = self._loop.time() - self._heard_s
        if silent_s >= SILENCE * self._client.keepalive > 0:
            self._end(f"{self._where()} has been silent for {silent_s:.0f} s")

    def _end(self, reason: str) -> None:
        """End without ceremony."""
        found = self._socket
        self._stop_serving()
        if found is not None:
            found.close()
        self._settle(reason)

    def _settle(self, reason: str) -> None:
        """Tell everybody who waits for something that it will not come."""
        _fail(self._connack, LinkFailed(reason, wrong_protocol=True))
        for answer in self._subacks.values():
            _fail(answer, LinkFailed(reason))
        if not self._closed.done():
            self._closed.set_result(reason)

    def _on_connect(self, client: Client, userdata: Any, flags: Any, code: ReasonCode, properties: Any) -> None:
        if self._connack.done():
            return
        if code.is_failure:
            reason = f"{self._where()} refused the connection: {code}"
            self._connack.set_exception(LinkFailed(reason, wrong_protocol=code.value in UNSUPPORTED_PROTOCOL))
        else:
            most = getattr(properties, "ReceiveMaximum", 65535)
            self._connack.set_result(Session(resumed=flags.session_present, receive_maximum=most))

    def _on_disconnect(self, client: Client, userdata: Any, flags: Any, code: ReasonCode, properties: Any) -> None:
        self._stop_serving()
        self._settle(f"{self._where()} ended the connection: {code}")

    def _on_subscribe(self, client: Client, userdata: Any, number: int, codes: list[ReasonCode], props: Any) -> None:
        answer = self._subacks.pop(number, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        """What was left to the library: in version 5, messages with properties."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # no subscription of ours can have matched it
        fresh = self._use_v5 and hasattr(message.properties, "MessageExpiryInterval")
        self._tell(Inbound(topic, bytes(message.payload), bool(message.retain), fresh))

    def _subscribe_option(self) -> Any:
        """QoS 1. Version 5 also tells us when a command was sent with the retain flag while we listened."""
        return SubscribeOptions(qos=1, retainAsPublished=True) if self._use_v5 else 1


def _fail(waiting: asyncio.Future[Any], error: LinkFailed) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        waiting.exception()  # it is no matter for the log when nobody waits any more
