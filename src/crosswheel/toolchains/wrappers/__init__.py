"""Wrappers: programs under every name a build looks for, which ask crosswheel what to run instead."""

from crosswheel.toolchains.wrappers.directory import Wrappers, run_wrappers

__all__ = ["Wrappers", "run_wrappers"]
