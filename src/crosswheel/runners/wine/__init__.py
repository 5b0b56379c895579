"""Runner for Windows targets: python.org's CPython under wine, both downloaded and not installed."""

from crosswheel.runners.wine.runner import WineRunner

__all__ = ["WineRunner"]
