"""Wrappers: programs under every tool name a build may call, which ask crosswheel what to run instead.

``shim.c`` is the program, ``directory`` installs it under every name, ``server`` answers its calls.
"""

from crosswheel.toolchains.wrappers.directory import Wrappers, run_wrappers

__all__ = ["Wrappers", "run_wrappers"]
