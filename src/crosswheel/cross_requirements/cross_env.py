"""The overlays of a target as one archive, the cross build environment: made on one machine, used on another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crosswheel.cross_requirements.comparison import platform_traits
from crosswheel.cross_requirements.overlay import OVERLAY_LAYOUT, Overlay, OverlayRequest
from crosswheel.errors import SourceError, UsageError
from crosswheel.host.archives import unpack
from crosswheel.host.clone import clone_tree, merge_tree
from crosswheel.host.files import move_into_place, sha256, temporary_directory, write_atomic
from crosswheel.host.trees import pack_tar
from crosswheel.store import Key, Manifest
from crosswheel.store.store import MANIFEST
from crosswheel.targets import target_from_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target

_CONTENTS = "cross-env.json"
_FIRST = "build something that needs it first: `crosswheel build` makes overlays as it goes"


class _Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of itself; ``layout`` changes with what it holds."""

    layout: int
    target: str
    python: str
    overlays: tuple[str, ...]


@dataclass(frozen=True)
class CrossEnv:
    """An exported cross build environment, brought into the store of this machine.

    :param archive: where it is from.
    :param keys: where the store has what was decided, by the requests.
    """

    archive: Path
    keys: Mapping[OverlayRequest, Key]

    @classmethod
    def load(cls, store: Store, archive: Path, target: Target, python: PythonVersion) -> CrossEnv:
        """Bring an archive into the store.

        :raises UsageError: when there is none, or it is for another target or Python.
        :raises SourceError: when it is damaged, or no such archive.
        """
        if not archive.is_file():
            raise UsageError("there is no cross build environment", where=archive)
        digest = sha256(archive)
        with temporary_directory() as work:
            env = work / "env"
            unpack(_named(archive, work), env)
            try:
                contents = msgspec.json.decode((env / _CONTENTS).read_bytes(), type=_Contents)
            except (OSError, msgspec.DecodeError) as error:
                raise SourceError(f"not a cross build environment: {error}", where=archive) from error
            _must_fit(contents, target, python, archive)
            keys = {}
            for name in contents.overlays:
                overlay = Overlay.read(env / name)
                key = Key.create("overlay", f"{overlay.name}-{overlay.version}", part=name, archive=digest)
                store.get_or_create(key, lambda place, source=env / name: merge_tree(source, place))  # type: ignore[misc]
                keys[overlay.request] = key
        return cls(archive, keys)

    @property
    def versions(self) -> dict[str, str]:
        """The version that it has of each package."""
        return {request.name: request.version for request in self.keys}

    def find(self, store: Store, request: OverlayRequest) -> Overlay | None:
        """The overlay for a package as it is installed; None if it has none for that."""
        key = self.keys.get(request)
        directory = store.find(key) if key else None
        return Overlay.read(directory) if directory else None


def _named(archive: Path, work: Path) -> Path:
    """The archive under a name that says how it is packed, whatever it was called."""
    return move_into_place(archive, work / "archive.tar.gz")


def _must_fit(contents: _Contents, target: Target, python: PythonVersion, archive: Path) -> None:
    if contents.layout != OVERLAY_LAYOUT:
        what = f"this cross build environment has layout {contents.layout}, which this crosswheel does not know"
        raise SourceError(what, where=archive)
    made_for = target_from_tag(contents.target)
    if made_for is None or platform_traits(made_for) != platform_traits(target) or contents.python != python.abi:
        raise UsageError(
            f"this cross build environment is for {contents.target} and {contents.python}, "
            f"not for {target} and {python.abi}",
            where=archive,
        )


def export_cross_env(
    store: Store, target: Target, python: PythonVersion, archive: Path, names: Collection[str] = ()
) -> tuple[Overlay, ...]:
    """Write the overlays that builds for a target left in the store into one archive; the same ones, the same bytes.

    :param names: of the packages to take, all if there are none.
    :returns: what is in it, in order.
    :raises UsageError: when there is nothing to export, or nothing of one of the names.
    :raises StorageError: when the disk refuses.
    """
    found = {_label(overlay): overlay for overlay in _kept(store, target, python) if not names or overlay.name in names}
    if lacking := sorted(set(names) - {overlay.name for overlay in found.values()}):
        raise UsageError(f"no overlay of {lacking[0]} for {target} and {python.abi} was made", hint=_FIRST)
    if not found:
        raise UsageError(f"no overlay for {target} and {python.abi} was made", hint=_FIRST)
    with temporary_directory() as work:
        env = work / "env"
        env.mkdir()
        for label, overlay in found.items():
            clone_tree(Path(overlay.directory), env / label)
        contents = _Contents(OVERLAY_LAYOUT, str(target), python.abi, tuple(sorted(found)))
        write_atomic(env / _CONTENTS, msgspec.json.format(msgspec.json.encode(contents), indent=1) + b"\n")
        move_into_place(pack_tar(env, work / "packed.tar.gz"), archive.absolute())
    return tuple(found[label] for label in sorted(found))


def _label(overlay: Overlay) -> str:
    return f"{overlay.name}-{overlay.version}-{overlay.build_side[:12]}"


def _kept(store: Store, target: Target, python: PythonVersion) -> Iterator[Overlay]:
    """What was decided on this machine; what came out of an archive goes into no other."""
    for entry in store.entries():
        manifest = Manifest.read(entry / MANIFEST)
        if manifest is None or manifest.kind != "overlay":
            continue
        wanted = {"target": str(target), "python": python.abi, "layout": OVERLAY_LAYOUT}
        if all(manifest.inputs.get(name) == value for name, value in wanted.items()):
            yield Overlay.read(entry / "content")
