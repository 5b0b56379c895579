"""Build requirements with a target side, of one build: found, built first where there is no wheel, laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.building.build_environment import relaxed
from crosswheel.building.options_model import BuildOptions
from crosswheel.building.recipe_set import fetch_source, follow
from crosswheel.cross_requirements import Origin, Overlay, Overlays, Patterns, lay_out
from crosswheel.errors import BuildError
from crosswheel.host.files import scratch
from crosswheel.host.machine import native_alias
from crosswheel.settings.merge import identifiers
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packaging.requirements import Requirement

    from crosswheel.building.options_model import WheelResult
    from crosswheel.building.pipeline import Ground
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.toolchains.model import Overlaid

_PASSED_ON = (
    "toolchain", "toolchain_prefix", "target_python", "build_constraints", "index", "cross_env", "dependency_builds",
    "recipes", "store",
)  # fmt: skip
"""Options that hold for whatever is built on the way; the others are about the package that was asked for."""


@dataclass(frozen=True)
class TargetSide:
    """What a build environment has for the target.

    :param wheels: directories of the wheels that crosswheel built for it.
    :param notes: what a person should know of it.
    """

    overlaid: Overlaid | None = None
    wheels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def target_side(
    ground: Ground, environment: BuildEnvironment, view: Path, build: Callable[[Ground, Source], WheelResult]
) -> TargetSide:
    """Find the target's side of what is installed in a build environment, and lay it out.

    :param view: a directory that does not exist yet.
    :param build: builds a source; what the index has no wheel of is built with it first.
    :raises CrosswheelError: when the target's wheel of a requirement cannot be had.
    """
    options, host = ground.options, ground.host
    if ground.target.alias == native_alias():
        return TargetSide()  # what runs here runs there
    overlays = Overlays(
        host, ground.store, ground.target, ground.version, ground.kit.identity, ground.index,
        RequirementMaker(ground, build), ground.cross_envs, Patterns(options.overlay_add, options.overlay_forbid),
        may_build=options.dependency_builds,
    )  # fmt: skip
    notes = relaxed(environment.requirements, ground.cross_envs)
    found = overlays.of(environment.prefix, environment.site_packages, environment.only)
    return TargetSide(
        lay_out(environment.prefix, view, [(package, tree) for package, overlay in found if (tree := overlay.tree)]),
        tuple(str(overlay.wheels) for _, overlay in found if overlay.wheels),
        (*notes, *(note for _, overlay in found if (note := _note(overlay, ground)))),
    )


def _note(overlay: Overlay, ground: Ground) -> str | None:
    label = f"{overlay.name} {overlay.version}"
    if overlay.origin is Origin.BUILT:
        return f"{label} has no wheel for {ground.target}; it was built first, for its headers and libraries"
    return f"compiled with the target's own files of {label}" if overlay.difference else None


@dataclass(frozen=True)
class RequirementMaker:
    """Implements :class:`crosswheel.cross_requirements.WheelMaker` with the pipeline itself."""

    ground: Ground
    build: Callable[[Ground, Source], WheelResult]

    def identity(self, name: str) -> str:
        """See :meth:`crosswheel.cross_requirements.WheelMaker.identity`."""
        return self.ground.cookbook.identity(name, identifiers(self.ground.target, self.ground.version))

    def make(self, requirement: Requirement, place: Path) -> Path:
        """See :meth:`crosswheel.cross_requirements.WheelMaker.make`."""
        ground, name = self.ground, canonicalize_name(requirement.name)
        if name in ground.lineage:
            chain = " needs ".join((*ground.lineage[ground.lineage.index(name) :], name))
            raise BuildError(
                f"the wheel of {name} for {ground.target} is needed to build itself: {chain}",
                hint=f"give a wheel of {requirement} for the target with --find-links",
            )
        with scratch() as work, ground.host.progress.step(f"{requirement} has no wheel for the target: building it"):
            request = SourceRequest.parse(str(requirement))
            source = fetch_source(ground.host, request, ground.cookbook.of(request), ground.index, work, ())
            given = {option: getattr(ground.options, option) for option in _PASSED_ON}
            options = BuildOptions(output_directory=place, **given)
            nested = replace(ground, options=options, lineage=(*ground.lineage, name))
            result = self.build(*follow(nested, request, source))
        if result.wheel is None:
            error = result.error
            raise BuildError(
                f"{requirement} has no wheel for {ground.target} and cannot be built: {error.what if error else ''}",
                where=error.where if error else None,
                hint=error.hint if error else None,
                log=result.log,
            ) from error
        return result.wheel
