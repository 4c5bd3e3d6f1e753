"""The names of topics."""

import pytest

from alimante.mqtt.topics import Topics

TOPICS = Topics("home/pets", "vivarium")


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        (TOPICS.availability, "home/pets/vivarium/availability"),
        (TOPICS.status, "home/pets/vivarium/status"),
        (TOPICS.commands, "home/pets/vivarium/actuator/+/set"),
        (TOPICS.sensor_state("warm", "temperature"), "home/pets/vivarium/sensor/warm/temperature/state"),
        (TOPICS.actuator_state("heater"), "home/pets/vivarium/actuator/heater/state"),
        (TOPICS.ack("heater"), "home/pets/vivarium/actuator/heater/ack"),
        (TOPICS.device_availability("warm"), "home/pets/vivarium/device/warm/availability"),
        (TOPICS.device_health("warm"), "home/pets/vivarium/device/warm/health"),
        (TOPICS.group_state("warm"), "home/pets/vivarium/group/warm/state"),
        (TOPICS.controller_state("warmth"), "home/pets/vivarium/controller/warmth/state"),
        (TOPICS.alert("probe", "lost"), "home/pets/vivarium/alert/probe/lost"),
        (TOPICS.alert("", "Über/alles"), "home/pets/vivarium/alert/_/_ber_alles"),
        (TOPICS.alert("x" * 90, "#"), f"home/pets/vivarium/alert/{'x' * 64}/_"),
        (TOPICS.alert_answer("probe", "lost"), "home/pets/vivarium/alert/probe/lost/answer"),
        (TOPICS.event("refused"), "home/pets/vivarium/event/refused"),
    ],
)
def test_topics_are_those_of_the_interface_document(topic, expected):
    assert topic == expected


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("home/pets/vivarium/actuator/heater/set", "heater"),
        ("home/pets/vivarium/actuator/Not An Id/set", "Not An Id"),
        ("home/pets/vivarium/actuator/heater/state", None),
        ("home/pets/vivarium/actuator/heater/set/more", None),
        ("home/pets/vivarium/actuator//set", None),
        ("home/pets/vivarium/actuator/set", None),
        ("home/pets/other/actuator/heater/set", None),
        ("", None),
    ],
)
def test_only_a_command_topic_of_this_node_names_a_device(topic, device):
    assert TOPICS.device_of_command(topic) == device


@pytest.mark.parametrize(
    ("tail", "alert", "acknowledged"),
    [
        ("alert/probe/lost", ("probe", "lost"), None),
        ("alert/probe/lost/ack", None, ("probe", "lost")),
        ("alert/probe/ack", ("probe", "ack"), None),
        ("alert/probe/lost/answer", None, None),
        ("alert/probe", None, None),
        ("alerts/probe/lost", None, None),
        ("status", None, None),
    ],
)
def test_the_topics_of_alerts_name_a_component_and_a_condition(tail, alert, acknowledged):
    assert TOPICS.alert_of(f"{TOPICS.root}/{tail}") == alert
    assert TOPICS.alert_of_ack(f"{TOPICS.root}/{tail}") == acknowledged
