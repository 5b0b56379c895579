"""Two modules that share a library, and one that does not use it."""
