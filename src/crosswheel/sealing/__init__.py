"""Sealed builds: programs of a build see the target's machine, their own directories and nothing else that varies."""
