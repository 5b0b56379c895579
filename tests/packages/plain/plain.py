from _plain import facts

__all__ = ["facts"]
