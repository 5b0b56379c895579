"""Importing what will be needed while a program that was started is still running."""

from __future__ import annotations

import threading
from importlib import import_module


def preload(*modules: str) -> None:
    """Import modules in a thread of their own; whoever needs one earlier imports it as always."""

    def work() -> None:
        for module in modules:
            import_module(module)

    threading.Thread(target=work, name="import-ahead", daemon=True).start()
