"""Compiles with the header of ``headed`` and links its library, by relative and absolute paths."""

import os

import headed
from setuptools import Extension, setup

include, lib = str(headed.PLACE / "include"), str(headed.PLACE / "lib")
planted = os.environ.get("HEADING_LINKS", "")
setup(
    ext_modules=[
        Extension(
            "heading",
            ["heading.c"],
            include_dirs=[os.path.relpath(include)],
            library_dirs=[lib] if not planted else [],
            libraries=["headed"] if not planted else [],
            extra_link_args=[planted.format(place=headed.PLACE.parent)] if planted else [],
        )
    ]
)
