"""Windows' own CPython under wine: both fetched, neither installed."""

from crosswheel.emulators.wine.emulator import WineEmulator

__all__ = ["WineEmulator"]
