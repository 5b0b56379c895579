"""Deciding, package by package, what of a build environment belongs to the target, and keeping the decision."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from packaging.requirements import Requirement

from crosswheel.cross_requirements.comparison import (
    OverlayPatterns,
    comparable_wheels,
    first_difference,
    platform_traits,
    target_files,
    traits_of_tags,
)
from crosswheel.cross_requirements.installed import InstalledPackage, installed_packages
from crosswheel.cross_requirements.overlay import OVERLAY_LAYOUT, Origin, Overlay, OverlayRequest
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import temporary_directory
from crosswheel.sources.index_wheels import index_wheels
from crosswheel.store import Key
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from crosswheel.cross_requirements.cross_env import CrossEnv
    from crosswheel.host import Host
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.index_wheels import IndexWheel
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target


class WheelBuilder(Protocol):
    """Builds wheels for the target that the index does not have."""

    def identity(self, name: str) -> str:
        """What decides how a package is built, besides its sources, the target and the toolchain: its recipe."""
        ...

    def make(self, requirement: Requirement, place: Path) -> Path:
        """A proven wheel that satisfies a requirement.

        :param place: a directory for it, which lives as long as it is needed.
        :raises CrosswheelError: when it cannot be built.
        """
        ...


@dataclass(frozen=True)
class Overlays:
    """Where the target's side of build requirements comes from.

    :param toolchain: what tells the compilers from others in keys.
    :param maker: builds what the index does not have, unless ``may_build`` forbids it.
    :param cross_envs: exported overlays, which serve before anything is looked up.
    :param patterns: exceptions from the rule.
    """

    host: Host
    store: Store
    target: Target
    python: PythonVersion
    toolchain: str
    index: IndexSettings
    wheel_builder: WheelBuilder
    cross_envs: Sequence[CrossEnv] = ()
    patterns: OverlayPatterns = OverlayPatterns()  # noqa: RUF009  # frozen
    may_build: bool = True

    def resolve(
        self, environment: Path, site_packages: Path, only: Collection[str] | None = None
    ) -> tuple[tuple[InstalledPackage, Overlay], ...]:
        """What was decided of every package in an environment that may have a target side.

        :param only: the names of the packages to look at; all if not given.
        :raises SourceError: when wheels cannot be looked up or fetched.
        :raises EnvironmentMissingError: when the target's wheel is needed, there is none, and building is forbidden.
        :raises CrosswheelError: when it has to be built and cannot be.
        """
        side = _Side(environment, site_packages.relative_to(environment).as_posix(), self.python, self.patterns)
        packages = [
            package for package in installed_packages(environment, site_packages) if self._may_differ(package, only)
        ]
        return tuple((package, self._one(package, side)) for package in packages)

    def _may_differ(self, package: InstalledPackage, only: Collection[str] | None) -> bool:
        wanted = only is None or package.name in only
        of_here = package.platforms != ("any",) and platform_traits(self.target) not in traits_of_tags(
            package.platforms
        )
        return wanted and of_here and (package.may_have_target_files or any(map(self.patterns.adds, package.files)))

    def _one(self, package: InstalledPackage, side: _Side) -> Overlay:
        request = self._request(package)
        for env in self.cross_envs:
            if (found := env.find(self.store, request)) is not None:
                return found
        key = Key.create(
            "overlay", f"{request.name}-{request.version}", layout=OVERLAY_LAYOUT, build_side=request.build_side,
            target=str(self.target), python=self.python.abi, toolchain=self.toolchain,
            maker=self.wheel_builder.identity(request.name),
        )  # fmt: skip
        with self.host.progress.step(f"what {package.name} {package.version} has for the target"):
            return Overlay.read(self.store.get_or_create(key, lambda directory: self._decide(package, side, directory)))

    def _decide(self, package: InstalledPackage, side: _Side, directory: Path) -> None:
        with temporary_directory() as work:
            overlay, files, wheel = self._compared(package, side, work)
            # A library is linked from what was compared, even where the build machine's is the same.
            needed = bool(overlay.difference) or package.has_static_libraries
            overlay.write(directory, files if needed else {}, wheel)

    def _request(self, package: InstalledPackage) -> OverlayRequest:
        exceptions = repr(self.patterns) if self.patterns != OverlayPatterns() else ""
        return OverlayRequest(
            package.name, package.version, sha256(f"{package.digest}{exceptions}".encode()).hexdigest()
        )

    def _compared(
        self, package: InstalledPackage, side: _Side, work: Path
    ) -> tuple[Overlay, dict[str, bytes], Path | None]:
        request = self._request(package)

        def decided(origin: Origin, wheels: Sequence[Path], difference: str | None) -> Overlay:
            names = tuple(wheel.name for wheel in wheels)
            return Overlay(request.name, request.version, request.build_side, origin, names, difference or "")

        with index_wheels(self.host, package.name, package.version, self.python, self.index) as there:
            own = next((wheel for wheel in there if self._is_for_target(wheel)), None)
            if own is not None:
                wheel = own.fetch(work)
                files = side.of(wheel)
                return decided(Origin.INDEX, [wheel], first_difference(files, package.files, side.read)), files, wheel
            seen = [wheel.fetch(work) for wheel in self._witnesses(package, there)]
        if seen and not any(first_difference(side.of(wheel), package.files, side.read) for wheel in seen):
            return decided(Origin.WITNESS, seen, None), {}, None
        wheel = self._made(package, work)
        files = side.of(wheel)
        return decided(Origin.BUILT, [wheel], first_difference(files, package.files, side.read)), files, wheel

    def _is_for_target(self, wheel: IndexWheel) -> bool:
        """Whether a wheel is for the target's platform, whatever version of it: nothing of it runs here.

        What links its static libraries is audited with the target's version.
        """
        return wheel.platforms == ("any",) or platform_traits(self.target) in traits_of_tags(wheel.platforms)

    def _witnesses(self, package: InstalledPackage, there: Sequence[IndexWheel]) -> list[IndexWheel]:
        known = [wheel for wheel in there if traits_of_tags(wheel.platforms)]
        own = traits_of_tags(package.platforms)
        if len(own) != 1 or package.has_static_libraries:
            return []
        (here,) = own
        chosen = comparable_wheels(
            here, platform_traits(self.target), [traits_of_tags(wheel.platforms) for wheel in known]
        )
        return [known[place] for place in chosen]

    def _made(self, package: InstalledPackage, work: Path) -> Path:
        if not self.may_build:
            raise EnvironmentMissingError(
                f"the build requirement {package.name} {package.version} has no wheel for {self.target}",
                hint="let crosswheel build it (--dependency-builds), or give one with --find-links or --cross-env",
            )
        return self.wheel_builder.make(Requirement(f"{package.name}=={package.version}"), work)


@dataclass(frozen=True)
class _Side:
    """How wheels compare with what is installed in one environment."""

    environment: Path
    site_packages: str
    python: PythonVersion
    patterns: OverlayPatterns

    def of(self, wheel: Path) -> dict[str, bytes]:
        """The files of a wheel that belong to its platform."""
        # Where uv puts the headers of packages in a virtual environment.
        headers = f"include/site/{self.python.executable}"
        return target_files(read_wheel(wheel), self.site_packages, headers, self.patterns)

    def read(self, path: str) -> bytes | None:
        """What is installed."""
        file = self.environment / path
        return file.read_bytes() if file.is_file() else None
