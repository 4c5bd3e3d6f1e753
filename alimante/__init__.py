"""Alimante: a device supervisor for the Raspberry Pi that people trust with a living animal."""

__version__ = "0.1.0"
