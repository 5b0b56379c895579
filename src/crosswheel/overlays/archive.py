"""The overlays of a target as one archive, the cross build environment: made on one machine, used on another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crosswheel.errors import SourceError, UsageError
from crosswheel.host.archives import unpack
from crosswheel.host.clone import clone_tree
from crosswheel.host.files import made_once, publish, scratch, sha256, write_atomic
from crosswheel.host.packing import pack
from crosswheel.overlays.model import Overlay, Request
from crosswheel.overlays.platforms import traits
from crosswheel.store import Manifest
from crosswheel.store.store import MANIFEST
from crosswheel.targets import target_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from crosswheel.host import Host
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target

_CONTENTS = "cross-env.json"
_LAYOUT = 1
_FIRST = "build something that needs it first: `crosswheel build` makes overlays as it goes"


class _Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of itself; ``layout`` changes with what it holds."""

    layout: int
    target: str
    python: str
    overlays: tuple[str, ...]


@dataclass(frozen=True)
class CrossEnv:
    """An exported cross build environment.

    :param overlays: what was decided of each package in it.
    """

    origin: Path
    overlays: tuple[Overlay, ...]

    @classmethod
    def open(cls, host: Host, archive: Path, target: Target, python: PythonVersion) -> CrossEnv:
        """Unpack an archive, once.

        :raises UsageError: when there is none, or it is for another target or Python.
        :raises SourceError: when it is damaged, or no such archive.
        """
        if not archive.is_file():
            raise UsageError("there is no cross build environment", where=archive)
        place = made_once(
            host.cache / "cross-envs" / sha256(archive)[:32], lambda directory: _unpacked(archive, directory)
        )
        try:
            contents = msgspec.json.decode((place / "env" / _CONTENTS).read_bytes(), type=_Contents)
        except (OSError, msgspec.DecodeError) as error:
            raise SourceError(f"not a cross build environment: {error}", where=archive) from error
        if contents.layout != _LAYOUT:
            raise SourceError(
                f"a cross build environment of layout {contents.layout}", where=archive, hint="update crosswheel"
            )
        made_for = target_of(contents.target)
        if made_for is None or traits(made_for) != traits(target) or contents.python != python.abi:
            raise UsageError(
                f"this cross build environment is for {contents.target} and {contents.python}, "
                f"not for {target} and {python.abi}",
                where=archive,
            )
        return cls(archive, tuple(Overlay.read(place / "env" / name) for name in contents.overlays))

    def find(self, request: Request) -> Overlay | None:
        """The overlay for a package as it is installed; None if it has none for that."""
        return next((overlay for overlay in self.overlays if overlay.serves(request)), None)


def _unpacked(archive: Path, directory: Path) -> None:
    with scratch(parent=directory) as work:
        named = publish(archive, work / "archive.tar.gz")
        unpack(named, directory / "env")


def export(
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
    with scratch() as work:
        env = work / "env"
        env.mkdir()
        for label, overlay in found.items():
            clone_tree(Path(overlay.directory), env / label)
        contents = _Contents(_LAYOUT, str(target), python.abi, tuple(sorted(found)))
        write_atomic(env / _CONTENTS, msgspec.json.format(msgspec.json.encode(contents), indent=1) + b"\n")
        publish(pack(env, work / "packed.tar.gz"), archive.absolute())
    return tuple(found[label] for label in sorted(found))


def _label(overlay: Overlay) -> str:
    return f"{overlay.name}-{overlay.version}-{overlay.build_side[:12]}"


def _kept(store: Store, target: Target, python: PythonVersion) -> Iterator[Overlay]:
    for entry in store.entries():
        manifest = Manifest.read(entry / MANIFEST)
        if manifest is None or manifest.kind != "overlay":
            continue
        if manifest.inputs["target"] == str(target) and manifest.inputs["python"] == python.abi:
            yield Overlay.read(entry / "content")
