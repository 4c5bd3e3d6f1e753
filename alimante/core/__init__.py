"""Leaf types of the supervisor, standard library only; it must not know wires, configuration or MQTT."""
