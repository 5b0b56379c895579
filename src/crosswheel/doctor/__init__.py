"""Diagnostics: the build machine's tools, buildable targets, and the cache."""

from crosswheel.doctor.machine import CheckItem, ItemState, examine
from crosswheel.doctor.targets import TargetSurvey, survey

__all__ = ["CheckItem", "ItemState", "TargetSurvey", "examine", "survey"]
