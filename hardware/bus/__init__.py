"""Protocols of the wires; they must not say how a wire is reached."""
