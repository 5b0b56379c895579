"""Build requirements with a target side, of one build: found, built first where there is no wheel, laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.building.apply_recipe import apply_recipe, fetch_by_recipe
from crosswheel.building.build_environment import relax_pins
from crosswheel.building.options import BuildOptions
from crosswheel.cross_requirements import Origin, Overlay, OverlayPatterns, Overlays, lay_out_overlays
from crosswheel.errors import BuildError
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import native_alias
from crosswheel.settings.merge import build_identifiers
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packaging.requirements import Requirement

    from crosswheel.building.context import BuildContext
    from crosswheel.building.results import WheelResult
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.toolchains.model import OverlaidEnvironment

_PASSED_ON = (
    "toolchain", "toolchain_prefix", "target_python", "build_constraints", "index", "cross_env", "dependency_builds",
    "recipes", "store",
)  # fmt: skip
"""Options that hold for whatever is built on the way; the others are about the package that was asked for."""


@dataclass(frozen=True)
class TargetOverlays:
    """What a build environment has for the target.

    :param wheels: directories of the wheels that crosswheel built for it.
    :param notes: what a person should know of it.
    """

    overlaid: OverlaidEnvironment | None = None
    wheels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def resolve_overlays(
    context: BuildContext,
    environment: BuildEnvironment,
    view: Path,
    build: Callable[[BuildContext, Source], WheelResult],
) -> TargetOverlays:
    """Find the target's side of what is installed in a build environment, and lay it out.

    :param view: a directory that does not exist yet.
    :param build: builds a source; what the index has no wheel of is built with it first.
    :raises CrosswheelError: when the target's wheel of a requirement cannot be had.
    """
    options, host = context.options, context.host
    if context.target.alias == native_alias():
        return TargetOverlays()  # what runs here runs there
    overlays = Overlays(
        host, context.store, context.target, context.python, context.toolchain.identity, context.index,
        RequirementBuilder(context, build), context.cross_envs,
        OverlayPatterns(options.overlay_add, options.overlay_forbid),
        may_build=options.dependency_builds,
    )  # fmt: skip
    notes = relax_pins(environment.requirements, context.cross_envs)
    found = overlays.resolve(environment.prefix, environment.site_packages, environment.relevant_packages)
    return TargetOverlays(
        lay_out_overlays(
            environment.prefix, view, [(package, tree) for package, overlay in found if (tree := overlay.tree)]
        ),
        tuple(str(overlay.wheels) for _, overlay in found if overlay.wheels),
        (*notes, *(note for _, overlay in found if (note := _note(overlay, context)))),
    )


def _note(overlay: Overlay, context: BuildContext) -> str | None:
    label = f"{overlay.name} {overlay.version}"
    if overlay.origin is Origin.BUILT:
        return f"{label} has no wheel for {context.target}; it was built first, for its headers and libraries"
    return f"compiled with the target's own files of {label}" if overlay.difference else None


@dataclass(frozen=True)
class RequirementBuilder:
    """Implements :class:`crosswheel.cross_requirements.WheelBuilder` with the pipeline itself."""

    context: BuildContext
    build: Callable[[BuildContext, Source], WheelResult]

    def identity(self, name: str) -> str:
        """See :meth:`crosswheel.cross_requirements.WheelBuilder.identity`."""
        return self.context.recipes.identity(name, build_identifiers(self.context.target, self.context.python))

    def make(self, requirement: Requirement, place: Path) -> Path:
        """See :meth:`crosswheel.cross_requirements.WheelBuilder.make`."""
        context, name = self.context, canonicalize_name(requirement.name)
        if name in context.lineage:
            chain = " needs ".join((*context.lineage[context.lineage.index(name) :], name))
            raise BuildError(
                f"the wheel of {name} for {context.target} is needed to build itself: {chain}",
                hint=f"give a wheel of {requirement} for the target with --find-links",
            )
        with (
            temporary_directory() as work,
            context.host.progress.step(f"{requirement} has no wheel for the target: building it"),
        ):
            request = SourceRequest.parse(str(requirement))
            source = fetch_by_recipe(context.host, request, context.recipes.find(request), context.index, work, ())
            given = {option: getattr(context.options, option) for option in _PASSED_ON}
            options = BuildOptions(output_directory=place, **given)
            nested = replace(context, options=options, lineage=(*context.lineage, name))
            result = self.build(*apply_recipe(nested, request, source))
        if result.wheel is None:
            error = result.error
            raise BuildError(
                f"{requirement} has no wheel for {context.target} and cannot be built: {error.what if error else ''}",
                where=error.where if error else None,
                hint=error.hint if error else None,
                log=result.log,
            ) from error
        return result.wheel
