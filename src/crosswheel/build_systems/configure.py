"""Configuration of all build systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems import autotools, cmake, compiler_variables, meson, python_config
from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.build_systems.model import BuildSite, Configurator

# Any backend may call any build system, so all are configured for every build.
_CONFIGURATORS: tuple[Configurator, ...] = (
    compiler_variables.configure,
    autotools.configure,
    cmake.configure,
    meson.configure,
    python_config.configure,
)


def configure(site: BuildSite, backend: str) -> Configuration:
    """Write the configuration of every build system, and return the merged variables and settings.

    :param backend: the project's PEP 517 backend, ``setuptools.build_meta``.
    """
    site.directory.mkdir(parents=True, exist_ok=True)
    env: dict[str, str] = {}
    settings: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, tuple[str, ...]] = {}
    path: tuple[Path, ...] = ()
    for configurator in _CONFIGURATORS:
        configuration = configurator(site, backend)
        env |= configuration.env
        defaults |= configuration.defaults
        path += configuration.path
        for key, values in configuration.config_settings.items():
            settings[key] = settings.get(key, ()) + values
    return Configuration(env, settings, defaults, path)
