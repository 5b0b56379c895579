"""Cross build environments: the overlays of a target in one archive, exported on one machine and used on another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crosswheel.cross_requirements.comparison import platform_traits
from crosswheel.cross_requirements.overlay import OVERLAY_LAYOUT, Overlay, OverlayRequest
from crosswheel.errors import SourceError, UsageError
from crosswheel.host.archives import unpack
from crosswheel.host.files import move_into_place, sha256, temporary_directory, write_atomic
from crosswheel.host.trees import clone_tree, merge_tree, pack_tar
from crosswheel.store import Key, Manifest
from crosswheel.store.store import MANIFEST
from crosswheel.targets import target_from_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target

_CONTENTS = "cross-env.json"
_HINT = "build a package that requires it first: `crosswheel build` creates the overlays"


class _Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The description of an archive in itself.

    :param layout: version of its format.
    :param python: the ABI tag, such as ``cp313``.
    :param overlays: the directories of the overlays.
    """

    layout: int
    target: str
    python: str
    overlays: tuple[str, ...]


@dataclass(frozen=True)
class CrossEnv:
    """An exported cross build environment, imported into the store of this machine.

    :param archive: the file that it was imported from.
    :param keys: the overlays' keys in the store, by request.
    """

    archive: Path
    keys: Mapping[OverlayRequest, Key]

    @classmethod
    def load(cls, store: Store, archive: Path, target: Target, python: PythonVersion) -> CrossEnv:
        """Import an archive into the store.

        :raises UsageError: if the file does not exist, or is for another target or Python version.
        :raises SourceError: if it is damaged, or not a cross build environment.
        """
        if not archive.is_file():
            raise UsageError("cross build environment not found", where=archive)
        digest = sha256(archive)
        with temporary_directory() as work:
            env = work / "env"
            unpack(_with_suffix(archive, work), env)
            try:
                contents = msgspec.json.decode((env / _CONTENTS).read_bytes(), type=_Contents)
            except (OSError, msgspec.DecodeError) as error:
                raise SourceError(f"not a cross build environment: {error}", where=archive) from error
            _check_contents(contents, target, python, archive)
            keys = {}
            for name in contents.overlays:
                overlay = Overlay.read(env / name)
                key = Key.create("overlay", f"{overlay.name}-{overlay.version}", part=name, archive=digest)
                store.get_or_create(key, lambda directory, source=env / name: merge_tree(source, directory))  # type: ignore[misc]
                keys[overlay.request] = key
        return cls(archive, keys)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each package, by name."""
        return {request.name: request.version for request in self.keys}

    def find(self, store: Store, request: OverlayRequest) -> Overlay | None:
        """Return the overlay of an installed package, or None if the environment does not contain it."""
        key = self.keys.get(request)
        directory = store.find(key) if key else None
        return Overlay.read(directory) if directory else None


def _with_suffix(archive: Path, work: Path) -> Path:
    """Return the archive under a name with the suffix that unpacking requires; users may name it anything."""
    return move_into_place(archive, work / "archive.tar.gz")


def _check_contents(contents: _Contents, target: Target, python: PythonVersion, archive: Path) -> None:
    if contents.layout != OVERLAY_LAYOUT:
        what = f"the cross build environment has layout {contents.layout}; this crosswheel requires {OVERLAY_LAYOUT}"
        raise SourceError(what, where=archive)
    exported = target_from_tag(contents.target)
    if exported is None or platform_traits(exported) != platform_traits(target) or contents.python != python.abi:
        raise UsageError(
            f"the cross build environment is for {contents.target} and {contents.python}, "
            f"not for {target} and {python.abi}",
            where=archive,
        )


def export_cross_env(
    store: Store, target: Target, python: PythonVersion, archive: Path, names: Collection[str] = ()
) -> tuple[Overlay, ...]:
    """Export the overlays that builds for a target left in the store as one archive, reproducibly.

    :param names: packages to export; all if empty.
    :returns: the exported overlays, sorted.
    :raises UsageError: if there are no overlays, or none of a named package.
    :raises StorageError: if the archive cannot be written.
    """
    overlays = {
        _label(overlay): overlay for overlay in _stored(store, target, python) if not names or overlay.name in names
    }
    if missing := sorted(set(names) - {overlay.name for overlay in overlays.values()}):
        raise UsageError(f"no overlay of {missing[0]} for {target} and {python.abi} in the store", hint=_HINT)
    if not overlays:
        raise UsageError(f"no overlay for {target} and {python.abi} in the store", hint=_HINT)
    with temporary_directory() as work:
        env = work / "env"
        env.mkdir()
        for label, overlay in overlays.items():
            clone_tree(Path(overlay.directory), env / label)
        contents = _Contents(OVERLAY_LAYOUT, str(target), python.abi, tuple(sorted(overlays)))
        write_atomic(env / _CONTENTS, msgspec.json.format(msgspec.json.encode(contents), indent=1) + b"\n")
        move_into_place(pack_tar(env, work / "packed.tar.gz"), archive.absolute())
    return tuple(overlays[label] for label in sorted(overlays))


def _label(overlay: Overlay) -> str:
    return f"{overlay.name}-{overlay.version}-{overlay.build_side[:12]}"


def _stored(store: Store, target: Target, python: PythonVersion) -> Iterator[Overlay]:
    """Yield the overlays created on this machine; imported ones, whose keys differ, are not exported again."""
    for entry in store.entries():
        manifest = Manifest.read(entry / MANIFEST)
        if manifest is None or manifest.kind != "overlay":
            continue
        inputs = {"target": str(target), "python": python.abi, "layout": OVERLAY_LAYOUT}
        if all(manifest.inputs.get(name) == value for name, value in inputs.items()):
            yield Overlay.read(entry / "content")
