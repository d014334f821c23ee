"""Steelyard: a leveraged-trading venue for crypto derivatives, with the laboratory that proves its rules."""

__version__ = "0.1.0"
