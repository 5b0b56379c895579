"""Native libraries for the target: built by recipes, proven, and put where builds of packages find them."""

from crosswheel.libraries.catalogue import Catalogue, read_catalogue
from crosswheel.libraries.model import LibraryRecipe
from crosswheel.libraries.prefix import Prefix
from crosswheel.libraries.provide import Workshop

__all__ = ["Catalogue", "LibraryRecipe", "Prefix", "Workshop", "read_catalogue"]
