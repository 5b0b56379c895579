"""What can be done on this machine, and what it lacks."""

from crosswheel.doctor.machine import Item, State, examine
from crosswheel.doctor.targets import TargetSurvey, survey

__all__ = ["Item", "State", "TargetSurvey", "examine", "survey"]
