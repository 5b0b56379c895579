"""The target's files (headers, libraries) of build requirements, from its wheels; missing wheels are built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from crosswheel.building.apply_recipe import apply_recipe, fetch_by_recipe
from crosswheel.building.build_environment import relax_pins
from crosswheel.building.options import BuildOptions
from crosswheel.building.stdlib_parts import write_part_project
from crosswheel.cross_requirements import Origin, Overlay, OverlayPatterns, OverlayResolver, lay_out_overlays
from crosswheel.errors import BuildError
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import native_alias
from crosswheel.settings.merge import build_identifiers
from crosswheel.sources.directory import read_directory
from crosswheel.sources.model import FALLBACK_EPOCH, Source, SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packaging.requirements import Requirement

    from crosswheel.building.context import BuildContext
    from crosswheel.building.results import WheelResult
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.toolchains.model import OverlaidEnvironment

_INHERITED_OPTIONS = (
    "toolchain", "toolchain_prefix", "target_python", "build_constraints", "index", "cross_env", "dependency_builds",
    "recipes", "store",
)  # fmt: skip
"""Options that also apply to the builds of requirements; the others are about the requested package."""


@dataclass(frozen=True)
class TargetOverlays:
    """The target's files of the packages in a build environment.

    :param overlaid: the environment and the directory that the files are laid out in; None if there are none.
    :param wheels: directories of the wheels that were built for the target.
    :param notes: warnings and information for the user.
    """

    overlaid: OverlaidEnvironment | None = None
    wheels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def resolve_overlays(
    context: BuildContext,
    environment: BuildEnvironment,
    directory: Path,
    build_dependency: Callable[[BuildContext, Source], WheelResult],
) -> TargetOverlays:
    """Find the target's files of the packages in a build environment, and lay them out in a directory.

    :param directory: must not exist.
    :param build_dependency: builds a source; called for requirements that have no wheel for the target.
    :raises CrosswheelError: if the target's wheel of a requirement cannot be found nor built.
    """
    options, host = context.options, context.host
    if context.target.alias == native_alias():
        return TargetOverlays()  # the installed packages are the target's
    overlays = OverlayResolver(
        host, context.store, context.target, context.python, context.toolchain.identity, context.index,
        RequirementBuilder(context, build_dependency), context.cross_envs,
        OverlayPatterns(options.overlay_include, options.overlay_exclude),
        may_build=options.dependency_builds,
    )  # fmt: skip
    notes = relax_pins(environment.requirements, context.cross_envs)
    resolved = overlays.resolve(environment.prefix, environment.site_packages, environment.relevant_packages)
    return TargetOverlays(
        lay_out_overlays(
            environment.prefix, directory, [(package, tree) for package, overlay in resolved if (tree := overlay.tree)]
        ),
        tuple(str(overlay.wheels) for _, overlay in resolved if overlay.wheels),
        (*notes, *(note for _, overlay in resolved if (note := _note(overlay, context)))),
    )


def _note(overlay: Overlay, context: BuildContext) -> str | None:
    label = f"{overlay.name} {overlay.version}"
    if overlay.origin is Origin.BUILT:
        return f"{label} has no wheel for {context.target}: built it first, for its headers and libraries"
    return f"compiled with the target's own files of {label}" if overlay.difference else None


@dataclass(frozen=True)
class RequirementBuilder:
    """Builds wheels of requirements; implements :class:`crosswheel.cross_requirements.WheelBuilder`.

    :param context: of the build that has the requirements.
    :param build_source: builds a source. Passed in, because the module that has it imports this one.
    """

    context: BuildContext
    build_source: Callable[[BuildContext, Source], WheelResult]

    def identity(self, name: str) -> str:
        """See :meth:`crosswheel.cross_requirements.WheelBuilder.identity`."""
        return self.context.recipes.identity(name, build_identifiers(self.context.target, self.context.python))

    def build(self, requirement: Requirement, directory: Path, *, reason: str = "") -> Path:
        """See :meth:`crosswheel.cross_requirements.WheelBuilder.build`.

        :param reason: why it is built, for messages; by default, it has no wheel for the target.
        """
        context, name = self.context, canonicalize_name(requirement.name)
        if name in context.lineage:
            chain = " requires ".join((*context.lineage[context.lineage.index(name) :], name))
            raise BuildError(
                f"circular build requirements without wheels for {context.target}: {chain}",
                hint=f"provide a wheel of {requirement} for the target with --find-links",
            )
        with (
            temporary_directory() as work,
            context.host.progress.step(f"{requirement} {reason or 'has no wheel for the target'}: building it"),
        ):
            request = SourceRequest.parse(str(requirement))
            source = fetch_by_recipe(context.host, request, context.recipes.find(request), context.index, work, ())
            nested = self._nested(name, directory)
            result = self.build_source(*apply_recipe(nested, request, source))
        if result.wheel is None:
            error, reason = result.error, reason or f"has no wheel for {context.target}"
            raise BuildError(
                f"{requirement} {reason} and cannot be built: {error.what if error else ''}",
                where=error.where if error else None,
                hint=error.hint if error else None,
                log=result.log,
            ) from error
        return result.wheel

    def build_stdlib_part(self, name: str, directory: Path) -> Path:
        """Build a part of the standard library that the target's Python keeps apart.

        :param directory: where to write the wheel.
        :raises CrosswheelError: if it cannot be built.
        """
        context = self.context
        with temporary_directory() as work, context.host.progress.step(f"building {name} of the standard library"):
            part = write_part_project(context.host, name, context.python, work / name)
            tree = read_directory(context.host, work / name, work)
            source = Source(part.project, work / name, None, "Python's sources", FALLBACK_EPOCH, directory=tree)
            result = self.build_source(self._nested(name, directory, libraries=part.libraries), source)
        if result.wheel is None:
            raise BuildError(
                f"{name} of the standard library cannot be built: {result.error.what if result.error else ''}",
                log=result.log,
            ) from result.error
        return result.wheel

    def _nested(self, name: str, directory: Path, **options: Any) -> BuildContext:
        """Return the context of the build of a requirement; most options of the requested package do not apply."""
        inherited = {option: getattr(self.context.options, option) for option in _INHERITED_OPTIONS}
        nested = BuildOptions(output_directory=directory, **inherited, **options)
        return replace(self.context, options=nested, lineage=(*self.context.lineage, name))
