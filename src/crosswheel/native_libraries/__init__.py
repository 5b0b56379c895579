"""Native libraries for the target: built by recipes, proven, and put where builds of packages find them."""

from crosswheel.native_libraries.catalogue import Catalogue, read_catalogue
from crosswheel.native_libraries.model import LibraryRecipe
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.native_libraries.provide import Workshop

__all__ = ["Catalogue", "LibraryRecipe", "Prefix", "Workshop", "read_catalogue"]
