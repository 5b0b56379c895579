"""Windows' own CPython under wine: both fetched, neither installed."""

from crosswheel.runners.wine.runner import WineRunner

__all__ = ["WineRunner"]
