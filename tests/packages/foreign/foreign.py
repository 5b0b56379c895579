"""Multiplies in C."""

from _foreign import lib

product = lib.product
