"""Writing recipes: drafted from a trial build, checked, moved to new versions."""

from crosswheel.authoring.check import Finding, Listed, check, listed
from crosswheel.authoring.draft import draft
from crosswheel.authoring.update import update

__all__ = ["Finding", "Listed", "check", "draft", "listed", "update"]
