"""Environment variables by which make, setuptools and most scripts find their tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Set the variables to the wrappers. CFLAGS is not set: setuptools would replace its own flags by it.

    LDSHARED is set because setuptools derives it from CC only for some prefixes. SETUPTOOLS_EXT_SUFFIX is not: the
    cross environment's sysconfig has the same value, and some projects break if the variable is set.
    """
    tools = site.tools
    linking = site.target.system.linking
    return Configuration(
        {
            "CC": tools["cc"],
            "CXX": tools["c++"],
            "LDSHARED": f"{tools['cc']} {linking}",
            "LDCXXSHARED": f"{tools['c++']} {linking}",
            "CPP": tools["cpp"],
            "FC": tools["gfortran"],
            "F77": tools["gfortran"],
            "F90": tools["gfortran"],
            "AR": tools["ar"],
            "RANLIB": tools["ranlib"],
            "STRIP": tools["strip"],
            "NM": tools["nm"],
            "READELF": tools["readelf"],
            "PKG_CONFIG": tools["pkg-config"],
            # For projects that run another pkg-config by its absolute path.
            "PKG_CONFIG_LIBDIR": ":".join(map(str, site.pkg_config_path)),
        }
    )
