from untouched import _untouched

__all__ = ["_untouched"]
