"""Compilers: the seam to them, and the rules by which calls of a build become calls for the target."""
