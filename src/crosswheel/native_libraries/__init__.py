"""Native libraries for the target: built by recipes, proven, and put where builds of packages find them."""

from crosswheel.native_libraries.builder import Workshop
from crosswheel.native_libraries.catalogue import Catalogue, read_catalogue
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.native_libraries.recipe import LibraryRecipe

__all__ = ["Catalogue", "LibraryRecipe", "Prefix", "Workshop", "read_catalogue"]
