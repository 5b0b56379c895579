"""Reading what an index says of a wheel, without unpacking it."""

from __future__ import annotations

import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.errors import AuditError
from crosswheel.host.archives import zip_members
from crosswheel.host.files import sha256
from crosswheel.package_index.model import PublishedWheel
from crosswheel.package_index.top_level_modules import top_level_modules
from crosswheel.wheels.archive import WheelName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_published_wheel(path: Path) -> PublishedWheel:
    """Read a wheel.

    :raises AuditError: when it cannot be read, or is none.
    """
    name = WheelName.parse(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in zip_members(archive)}
            metadata = archive.read(members[_metadata(members, path)])
            imports = top_level_modules(list(members), lambda name: archive.read(members[name]))
        digest, size = sha256(path), path.stat().st_size
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise AuditError(f"the wheel cannot be read: {error}", where=path) from error
    headers = Parser().parsestr(metadata.decode("utf-8", "replace"), headersonly=True)
    return PublishedWheel(
        name=name,
        file_name=path.name,
        project=canonicalize_name(name.name),
        sha256=digest,
        size=size,
        metadata=metadata,
        requires_python=str(headers.get("Requires-Python", "")).strip(),
        requires=tuple(str(value) for value in headers.get_all("Requires-Dist", [])),
        imports=imports,
    )


def _metadata(names: Iterable[str], path: Path) -> str:
    found = [file for file in names if file.count("/") == 1 and file.endswith(".dist-info/METADATA")]
    if len(found) != 1:
        raise AuditError(f"{len(found)} METADATA files instead of one", where=path)
    return found[0]
