"""Maintaining recipes: drafting them from a trial build, checking them, updating their version."""

from crosswheel.recipe_tools.check import RecipeEntry, RecipeFinding, check_recipes, list_recipes
from crosswheel.recipe_tools.draft import draft_recipe
from crosswheel.recipe_tools.update import update_recipe

__all__ = ["RecipeEntry", "RecipeFinding", "check_recipes", "draft_recipe", "list_recipes", "update_recipe"]
