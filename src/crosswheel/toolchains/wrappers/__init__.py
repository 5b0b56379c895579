"""Wrappers: programs under every name a build looks for, which ask crosswheel what to run instead."""

from crosswheel.toolchains.wrappers.directory import Wrappers, wrappers

__all__ = ["Wrappers", "wrappers"]
