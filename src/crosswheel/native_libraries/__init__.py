"""Native libraries for the target: recipes, building and checking them, and prefixes that package builds use."""

from crosswheel.native_libraries.builder import LibraryBuilder
from crosswheel.native_libraries.catalogue import LibraryCatalogue, read_catalogue
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.native_libraries.recipe import LibraryRecipe

__all__ = ["LibraryBuilder", "LibraryCatalogue", "LibraryRecipe", "Prefix", "read_catalogue"]
