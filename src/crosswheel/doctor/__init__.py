"""What can be done on this machine, and what it lacks."""

from crosswheel.doctor.machine import CheckItem, ItemState, examine
from crosswheel.doctor.targets import TargetSurvey, survey

__all__ = ["CheckItem", "ItemState", "TargetSurvey", "examine", "survey"]
