"""Environment variables by which make, setuptools and most scripts find their tools.

Those for the build machine are the conventions of autoconf (``CC_FOR_BUILD``, which Meson reads too), ncurses
(``BUILD_CC``), Linux's Kbuild (``HOSTCC``), and of LuaJIT and Rust's cc crate (``HOST_CC``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite
    from crosswheel.targets import Target

_FOR_BUILD = {
    "cc-for-build": ("CC_FOR_BUILD", "BUILD_CC", "CC_BUILD", "HOSTCC", "HOST_CC"),
    "c++-for-build": ("CXX_FOR_BUILD", "BUILD_CXX", "CXX_BUILD", "HOSTCXX", "HOST_CXX"),
    "ld-for-build": ("LD_FOR_BUILD", "BUILD_LD", "HOSTLD", "HOST_LD"),
    "ar-for-build": ("AR_FOR_BUILD", "BUILD_AR", "HOSTAR", "HOST_AR"),
    "ranlib-for-build": ("RANLIB_FOR_BUILD", "BUILD_RANLIB", "HOSTRANLIB", "HOST_RANLIB"),
    "nm-for-build": ("NM_FOR_BUILD", "BUILD_NM"),
    "strip-for-build": ("STRIP_FOR_BUILD", "BUILD_STRIP"),
    "objcopy-for-build": ("OBJCOPY_FOR_BUILD",),
    "pkg-config-for-build": ("PKG_CONFIG_FOR_BUILD", "HOSTPKG_CONFIG"),
}
"""Variables that name tools of the build machine, by wrapper."""
_FLAGS_FOR_BUILD = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
"""Variables for which a build machine's variant is set, empty: projects fall back on the target's if it is not set."""


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
            **_shell_variables(site.target),
            # For projects that run another pkg-config by its absolute path.
            "PKG_CONFIG_LIBDIR": ":".join(map(str, site.pkg_config_path)),
            **{variable: tools[name] for name, variables in _FOR_BUILD.items() for variable in variables},
            **dict.fromkeys(("CPP_FOR_BUILD", "BUILD_CPP"), f"{tools['cc-for-build']} -E"),
            **dict.fromkeys((f"{name}_FOR_BUILD" for name in _FLAGS_FOR_BUILD), ""),
            **dict.fromkeys((f"BUILD_{name}" for name in _FLAGS_FOR_BUILD), ""),
        }
    )


def _shell_variables(target: Target) -> dict[str, str]:
    """Return the variables by which bash describes the machine that it was compiled for, unless they are set."""
    machine, _, system = target.triple.partition("-")
    system = system.removeprefix("apple-").removeprefix("unknown-").replace("w64-mingw32", "msys")
    return {"HOSTTYPE": machine, "MACHTYPE": target.triple, "OSTYPE": system}
