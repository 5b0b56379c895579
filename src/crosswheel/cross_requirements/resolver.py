"""Resolving overlays: for each package of a build environment, find the target's files and store them."""

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
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from crosswheel.cross_requirements.cross_env import CrossEnv
    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.sources.index_wheels import IndexWheel
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target


class WheelBuilder(Protocol):
    """Builds wheels of requirements for the target that the package index lacks."""

    def identity(self, name: str) -> str:
        """Return what determines how a package is built besides its sources, target and toolchain: its recipe."""
        ...

    def build(self, requirement: Requirement, directory: Path) -> Path:
        """Build and audit a wheel that satisfies a requirement.

        :param directory: where to write the wheel.
        :raises CrosswheelError: if it cannot be built.
        """
        ...


@dataclass(frozen=True)
class OverlayResolver:
    """Finds the target's files of build requirements.

    :param toolchain: identity of the toolchain, for cache keys.
    :param wheel_builder: builds wheels that the index lacks.
    :param cross_envs: exported overlays, which are searched first.
    :param patterns: exceptions from the rule which files are the target's.
    :param may_build: whether wheels may be built.
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
        """Return the overlays of the packages in an environment that may have platform-dependent files.

        :param only: names of the packages to consider; all by default.
        :raises SourceError: if wheels cannot be found or fetched.
        :raises EnvironmentMissingError: if the target's wheel is needed but does not exist, and may not be built.
        :raises CrosswheelError: if the target's wheel cannot be built.
        """
        installed = _InstalledFiles(
            environment, site_packages.relative_to(environment).as_posix(), self.python, self.patterns
        )
        packages = [
            package for package in installed_packages(environment, site_packages) if self._may_differ(package, only)
        ]
        return tuple((package, self._resolve_package(package, installed)) for package in packages)

    def _may_differ(self, package: InstalledPackage, only: Collection[str] | None) -> bool:
        considered = only is None or package.name in only
        foreign = package.platforms != ("any",) and platform_traits(self.target) not in traits_of_tags(
            package.platforms
        )
        return considered and foreign and (package.may_have_target_files or any(map(self.patterns.adds, package.files)))

    def _resolve_package(self, package: InstalledPackage, installed: _InstalledFiles) -> Overlay:
        request = self._request(package)
        for env in self.cross_envs:
            if (overlay := env.find(self.store, request)) is not None:
                return overlay
        key = Key.create(
            "overlay", f"{request.name}-{request.version}", layout=OVERLAY_LAYOUT, build_side=request.build_side,
            target=str(self.target), python=self.python.abi, toolchain=self.toolchain,
            recipe=self.wheel_builder.identity(request.name),
        )  # fmt: skip
        with self.host.progress.step(f"finding the target's files of {package.name} {package.version}"):
            return Overlay.read(
                self.store.get_or_create(key, lambda directory: self._create(package, installed, directory))
            )

    def _create(self, package: InstalledPackage, installed: _InstalledFiles, directory: Path) -> None:
        with temporary_directory() as work:
            overlay, files, wheel = self._compare(package, installed, work)
            # Static libraries are always linked from the overlay, even if they are the same as the build machine's.
            needed = bool(overlay.difference) or package.has_static_libraries
            overlay.write(directory, files if needed else {}, wheel)

    def _request(self, package: InstalledPackage) -> OverlayRequest:
        exceptions = repr(self.patterns) if self.patterns != OverlayPatterns() else ""
        return OverlayRequest(
            package.name, package.version, sha256(f"{package.digest}{exceptions}".encode()).hexdigest()
        )

    def _compare(
        self, package: InstalledPackage, installed: _InstalledFiles, work: Path
    ) -> tuple[Overlay, dict[str, bytes], Path | None]:
        """Compare a package with the target's wheel or, if the index has none, with those of other platforms.

        :returns: the overlay, and the target's wheel and its files, if it was needed.
        """
        request = self._request(package)

        def overlay(origin: Origin, wheels: Sequence[Path], difference: str | None) -> Overlay:
            names = tuple(wheel.name for wheel in wheels)
            return Overlay(request.name, request.version, request.build_side, origin, names, difference or "")

        with index_wheels(self.host, package.name, package.version, self.python, self.index) as available:
            match = next((wheel for wheel in available if self._is_for_target(wheel)), None)
            if match is not None:
                wheel = match.fetch(work)
                files = installed.target_files(wheel)
                return overlay(Origin.INDEX, [wheel], installed.first_difference(files, package)), files, wheel
            others = [wheel.fetch(work) for wheel in self._comparable(package, available)]
        if others and not any(installed.first_difference(installed.target_files(wheel), package) for wheel in others):
            return overlay(Origin.COMPARABLE, others, None), {}, None
        wheel = self._build(package, work)
        files = installed.target_files(wheel)
        return overlay(Origin.BUILT, [wheel], installed.first_difference(files, package)), files, wheel

    def _is_for_target(self, wheel: IndexWheel) -> bool:
        """Return whether a wheel is for the target's platform, of any version: nothing of it is run.

        Modules that link its static libraries are audited for the target's version.
        """
        return wheel.platforms == ("any",) or platform_traits(self.target) in traits_of_tags(wheel.platforms)

    def _comparable(self, package: InstalledPackage, available: Sequence[IndexWheel]) -> list[IndexWheel]:
        """Select wheels of other platforms that can show that no file of a package depends on the platform."""
        known = [wheel for wheel in available if traits_of_tags(wheel.platforms)]
        traits = traits_of_tags(package.platforms)
        if len(traits) != 1 or package.has_static_libraries:
            return []
        (build_machine,) = traits
        selected = comparable_wheels(
            build_machine, platform_traits(self.target), [traits_of_tags(wheel.platforms) for wheel in known]
        )
        return [known[index] for index in selected]

    def _build(self, package: InstalledPackage, work: Path) -> Path:
        if not self.may_build:
            raise EnvironmentMissingError(
                f"the build requirement {package.name} {package.version} has no wheel for {self.target}",
                hint="let crosswheel build it (--dependency-builds), or provide one with --find-links or --cross-env",
            )
        return self.wheel_builder.build(Requirement(f"{package.name}=={package.version}"), work)


@dataclass(frozen=True)
class _InstalledFiles:
    """The files of an environment, to compare with those of wheels."""

    environment: Path
    site_packages: str
    python: PythonVersion
    patterns: OverlayPatterns

    def target_files(self, wheel: Path) -> dict[str, bytes]:
        """Return the target's files of a wheel, by their paths in the environment."""
        # Where uv installs the headers of packages in a virtual environment.
        headers = f"include/site/{self.python.executable}"
        return target_files(read_wheel(wheel), self.site_packages, headers, self.patterns)

    def first_difference(self, files: Mapping[str, bytes], package: InstalledPackage) -> str | None:
        """Return the first of the target's files that differs from the installed one, or None."""
        return first_difference(files, package.files, self._read)

    def _read(self, path: str) -> bytes | None:
        file = self.environment / path
        return file.read_bytes() if file.is_file() else None
