"""setuptools: the linker by name, the modules' file names, everything else from the pretended sysconfig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # any backend may use distutils
    """Set the variables setuptools prefers over sysconfig's (LDSHARED follows CC only for some prefixes).

    Not SETUPTOOLS_EXT_SUFFIX: the pretended sysconfig says the same, and some projects break where they see it.
    """
    linking = site.target.system.linking
    return Configuration(
        {
            "LDSHARED": f"{site.tools['cc']} {linking}",
            "LDCXXSHARED": f"{site.tools['c++']} {linking}",
        }
    )
