"""What can be done on this machine, and what it lacks."""

from crosswheel.diagnosis.machine import Item, State, examine
from crosswheel.diagnosis.targets import TargetSurvey, survey

__all__ = ["Item", "State", "TargetSurvey", "examine", "survey"]
