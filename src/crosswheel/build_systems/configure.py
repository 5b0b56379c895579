"""Everything a build is told about its target, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems import autotools, cmake, compiler_variables, meson
from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite, Configurator

# Any backend may call any build system, so each is told each time.
_CONFIGURATORS: tuple[Configurator, ...] = (
    compiler_variables.configure,
    autotools.configure,
    cmake.configure,
    meson.configure,
)


def configure(site: BuildSite, backend: str) -> Configuration:
    """Write the configuration of every build system; the merged variables and settings."""
    site.directory.mkdir(parents=True, exist_ok=True)
    env: dict[str, str] = {}
    settings: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, tuple[str, ...]] = {}
    for configurator in _CONFIGURATORS:
        part = configurator(site, backend)
        env |= part.env
        defaults |= part.defaults
        for key, values in part.config_settings.items():
            settings[key] = settings.get(key, ()) + values
    return Configuration(env, settings, defaults)
