"""Writing recipes: drafted from a trial build, checked, moved to new versions."""

from crosswheel.recipe_tools.check import Finding, Listed, check, listed
from crosswheel.recipe_tools.draft import draft
from crosswheel.recipe_tools.update import update

__all__ = ["Finding", "Listed", "check", "draft", "listed", "update"]
