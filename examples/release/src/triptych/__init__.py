"""An extension module in C, one in C++ and one in Cython."""

from triptych._hash import fnv1a
from triptych._means import mean, moving_mean
from triptych._numbers import parse, sorted_words

__all__ = ["fnv1a", "mean", "moving_mean", "parse", "sorted_words"]
