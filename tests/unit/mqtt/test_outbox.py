"""What waits to be sent, against a model: a broker that takes what it is sent, in the order in which it is sent."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alimante.mqtt.outbox import Message, Outbox

CAPACITY = 12


def state(topic, payload):
    return Message(topic, lambda: payload, retain=True, is_state=True)


def event(payload):
    return Message("event", lambda: payload, retain=False, is_state=False)


def drain(outbox):
    """All that waits, sent and acknowledged."""
    sent = []
    while (message := outbox.next()) is not None:
        sent.append(message.render())
    return sent


def test_messages_leave_in_the_order_in_which_they_came():
    outbox = Outbox()
    for message in (state("a", 1), event(2), state("b", 3), event(4)):
        outbox.put(message)
    assert drain(outbox) == [1, 2, 3, 4]


def test_without_a_connection_a_newer_state_takes_the_place_of_the_older_one():
    outbox = Outbox()
    for message in (state("a", 1), event(2), state("a", 3)):
        outbox.put(message)
    assert drain(outbox) == [3, 2]


def test_with_a_connection_every_state_is_sent_in_order():
    outbox = Outbox()
    outbox.is_offline = False
    for message in (state("a", 1), event(2), state("a", 3)):
        outbox.put(message)
    assert drain(outbox) == [1, 2, 3]


def test_a_broker_that_is_too_slow_gets_the_newest_states_only():
    outbox = Outbox(capacity=4)
    outbox.is_offline = False
    for payload in range(100):
        outbox.put(state("a", payload))
    assert drain(outbox) == [0, 1, 2, 99]
    assert outbox.dropped == 0


def test_what_is_put_first_leaves_first_and_takes_the_place_of_older_states():
    outbox = Outbox()
    for message in (event(1), state("a", 2), state("b", 3)):
        outbox.put(message)
    outbox.put_first(state("c", 4), state("b", 5))
    assert drain(outbox) == [4, 5, 1, 2]


def test_no_more_than_the_limit_are_under_way():
    outbox = Outbox()
    outbox.limit = 2
    for number in range(3):
        outbox.put(event(number))
    for number in range(2):
        outbox.sent(number, outbox.next())
    assert outbox.next() is None
    outbox.acknowledged(0)
    assert outbox.next().render() == 2


def test_a_message_may_be_sent_at_once_only_where_none_waits_and_there_is_room():
    outbox = Outbox()
    outbox.limit = 1
    assert outbox.is_clear
    outbox.put(event(1))
    assert not outbox.is_clear
    outbox.sent(1, outbox.next())
    assert not outbox.is_clear
    outbox.acknowledged(1)
    assert outbox.is_clear


def test_an_acknowledgement_of_something_unknown_is_ignored():
    outbox = Outbox()
    outbox.acknowledged(7)
    assert len(outbox) == 0


def test_the_oldest_event_gives_way_and_no_state_does():
    outbox = Outbox(capacity=3)
    for message in (state("a", 1), event(2), event(3), state("b", 4), event(5)):
        outbox.put(message)
    assert outbox.dropped == 2
    assert drain(outbox) == [1, 4, 5]


def test_the_oldest_state_gives_way_where_there_are_only_states():
    outbox = Outbox(capacity=2)
    for message in (state("a", 1), state("b", 2), state("c", 3)):
        outbox.put(message)
    assert drain(outbox) == [2, 3]


def test_what_was_under_way_goes_first_again_but_no_state_that_has_grown_old():
    outbox = Outbox()
    for number, message in enumerate([state("a", 1), state("b", 2), event(3)]):
        outbox.put(message)
        outbox.sent(number, outbox.next())
    for message in (event(4), state("a", 5)):
        outbox.put(message)
    outbox.connection_lost()
    assert drain(outbox) == [2, 3, 4, 5]


def test_of_two_states_of_a_topic_under_way_the_last_is_sent_again():
    outbox = Outbox()
    for number, payload in enumerate([1, 2]):
        outbox.put(state("a", payload))
        outbox.sent(number, outbox.next())
    outbox.connection_lost()
    assert drain(outbox) == [2]


def test_an_older_state_is_not_sent_again_when_the_newer_one_was_acknowledged_first():
    outbox = Outbox()
    outbox.is_offline = False
    for number, message in enumerate([state("a", 1), state("b", 2), event(3), state("a", 4)]):
        outbox.put(message)
        outbox.sent(number, outbox.next())
    outbox.acknowledged(3)
    assert len(outbox) == 3, "it is still under way"
    outbox.connection_lost()
    assert drain(outbox) == [2, 3]


class OutboxMachine(RuleBasedStateMachine):
    """Payloads are numbers that rise, so that the newest is the greatest."""

    @initialize(limit=st.integers(1, 4))
    def begin(self, limit):
        self.outbox = Outbox(capacity=CAPACITY)
        self.outbox.limit = limit
        self.payload = 0
        self.packet = 0
        self.newest = {}  # topic -> payload that was put last
        self.under_way = set()  # packets that are not acknowledged
        self.wire = {}  # packet -> message that has not arrived, in the order of sending
        self.retained = {}  # topic -> payload at the broker
        self.sent_states = {}  # topic -> payload sent last in this connection
        self.last_event = 0  # the newest event sent in this connection
        self.events = set()  # put and not yet known to be at the broker
        self.events_at_broker = set()

    @rule(topic=st.sampled_from("abc"))
    def put_state(self, topic):
        self.payload += 1
        self.newest[topic] = self.payload
        self.outbox.put(state(topic, self.payload))

    @rule()
    def connect(self):
        self.outbox.is_offline = False

    @rule()
    def put_event(self):
        self.payload += 1
        self.events.add(self.payload)
        self.outbox.put(event(self.payload))

    @rule()
    def send(self):
        message = self.outbox.next()
        if message is None:
            return
        self.packet += 1
        self.outbox.sent(self.packet, message)
        self.under_way.add(self.packet)
        self.wire[self.packet] = message
        payload = message.render()
        if message.is_state:
            assert payload >= self.sent_states.get(message.topic, 0), "an older state behind a newer one"
            self.sent_states[message.topic] = payload
        else:
            assert payload > self.last_event, "events in another order, or twice in one connection"
            self.last_event = payload

    def _arrive(self, packets):
        for packet in packets:
            message = self.wire.pop(packet)
            if message.is_state:
                self.retained[message.topic] = message.render()
            else:
                self.events_at_broker.add(message.render())

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def acknowledge(self, data):
        """The broker takes packets in order, in whatever order it acknowledges them."""
        packet = data.draw(st.sampled_from(sorted(self.under_way)))
        self._arrive([earlier for earlier in self.wire if earlier <= packet])
        self.under_way.discard(packet)
        self.outbox.acknowledged(packet)

    @rule(arriving=st.integers(0, 4))
    def lose_connection(self, arriving):
        self._arrive(list(self.wire)[:arriving])
        self.under_way.clear()
        self.wire.clear()
        self.sent_states.clear()
        self.last_event = 0
        self.outbox.connection_lost()

    @invariant()
    def bounded(self):
        assert len(self.outbox) <= CAPACITY + self.outbox.limit
        assert len(self.under_way) <= self.outbox.limit

    def teardown(self):
        if not hasattr(self, "outbox"):
            return
        while len(self.outbox):
            self.send()
            self._arrive(list(self.wire))
            for packet in self.under_way:
                self.outbox.acknowledged(packet)
            self.under_way.clear()
        assert self.retained == self.newest
        assert len(self.events - self.events_at_broker) <= self.outbox.dropped


OutboxMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestOutbox = OutboxMachine.TestCase
