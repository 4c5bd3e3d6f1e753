"""The supervisor's face to an MQTT broker; it must not know wires or drive outputs."""
