"""Simulated wires, the far side of each chip, and the physics that they share; it must not import a driver."""
