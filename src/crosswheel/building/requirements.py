"""Build requirements with a target side, of one build: found, built first where there is no wheel, laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.building.model import BuildOptions
from crosswheel.errors import BuildError
from crosswheel.host.files import scratch
from crosswheel.host.machine import native_alias
from crosswheel.overlays import CrossEnv, Origin, Overlay, Overlays, Patterns, lay_out
from crosswheel.sources.fetch import fetch
from crosswheel.sources.model import SourceRequest
from crosswheel.store import Key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crosswheel.building.model import WheelResult
    from crosswheel.building.pipeline import Ground
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.toolchains.model import Overlaid

_PASSED_ON = (
    "toolchain", "toolchain_prefix", "target_python", "build_constraints", "index", "cross_env", "overlay_builds",
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
        RequirementMaker(ground, build) if options.overlay_builds else None,
        tuple(CrossEnv.open(host, path, ground.target, ground.version) for path in options.cross_env),
        Patterns(options.overlay_add, options.overlay_forbid),
    )  # fmt: skip
    found = overlays.of(environment.prefix, environment.site_packages, environment.only)
    return TargetSide(
        lay_out(environment.prefix, view, [(package, tree) for package, overlay in found if (tree := overlay.tree)]),
        tuple(str(overlay.wheels) for _, overlay in found if overlay.wheels),
        tuple(note for _, overlay in found if (note := _note(overlay, ground))),
    )


def _note(overlay: Overlay, ground: Ground) -> str | None:
    label = f"{overlay.name} {overlay.version}"
    if overlay.origin is Origin.BUILT:
        return f"{label} has no wheel for {ground.target}; it was built first, for its headers and libraries"
    return f"compiled with the target's own files of {label}" if overlay.difference else None


@dataclass(frozen=True)
class RequirementMaker:
    """Implements :class:`crosswheel.overlays.WheelMaker` with the pipeline itself."""

    ground: Ground
    build: Callable[[Ground, Source], WheelResult]

    def make(self, name: str, version: str) -> Path:
        """See :meth:`crosswheel.overlays.WheelMaker.make`."""
        ground = self.ground
        if name in ground.lineage:
            chain = " needs ".join((*ground.lineage[ground.lineage.index(name) :], name))
            raise BuildError(
                f"the wheel of {name} for {ground.target} is needed to build itself: {chain}",
                hint=f"give a wheel of {name} {version} for the target with --find-links",
            )
        with scratch() as work, ground.host.progress.step(f"{name} {version} has no wheel for the target: building it"):
            source = fetch(ground.host, SourceRequest.parse(f"{name}=={version}"), ground.index, work)
            key = self._key(name, version, source)
            directory = ground.store.provide(key, lambda place: self._fill(name, source, place))
        (wheel,) = directory.glob("*.whl")
        return wheel

    def _key(self, name: str, version: str, source: Source) -> Key:
        ground = self.ground
        return Key.of(
            "wheel", f"{name}-{version}", source=source.sha256, target=str(ground.target), python=ground.version.abi,
            toolchain=ground.kit.identity,
        )  # fmt: skip

    def _fill(self, name: str, source: Source, place: Path) -> None:
        ground = self.ground
        given = {option: getattr(ground.options, option) for option in _PASSED_ON}
        options = BuildOptions(output_directory=place, **given)
        result = self.build(replace(ground, options=options, lineage=(*ground.lineage, name)), source)
        if result.error is not None:
            raise BuildError(
                f"{source.label}, which is built with, has no wheel for {ground.target} and cannot be built: "
                f"{result.error.what}",
                where=result.error.where,
                hint=result.error.hint,
                log=result.log,
            ) from result.error
