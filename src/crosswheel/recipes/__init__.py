"""Recipes: sources, patches and build options of packages and libraries that need more than their build files."""
