"""The output gate; nothing may reach an actuator past it."""
