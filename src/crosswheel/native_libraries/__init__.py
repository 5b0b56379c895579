"""Native libraries for the target: built by recipes, proven, and put where builds of packages find them."""

from crosswheel.native_libraries.builder import LibraryBuilder
from crosswheel.native_libraries.catalogue import LibraryCatalogue, read_catalogue
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.native_libraries.recipe import LibraryRecipe

__all__ = ["LibraryBuilder", "LibraryCatalogue", "LibraryRecipe", "Prefix", "read_catalogue"]
