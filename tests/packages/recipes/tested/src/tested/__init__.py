from tested import _tested

__all__ = ["_tested"]
