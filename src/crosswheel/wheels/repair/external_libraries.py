"""Libraries that nobody provides: refused, so that none of the build machine's is taken for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def reject_external_libraries(binaries: Mapping[str, Binary], target: Target, promised: Callable[[str], bool]) -> None:
    """Look at what every compiled file of a wheel needs.

    :param promised: whether the target has a library; what the wheel has itself is fine as well.
    :raises AuditError: when one needs another library.
    """
    # Windows does not tell capital letters from small ones; no other target has two libraries that differ in these.
    inside = {path.rsplit("/", 1)[-1].lower() for path in binaries}
    for path, binary in binaries.items():
        strangers = [n for n in binary.needed if not promised(n) and n.rsplit("/", 1)[-1].lower() not in inside]
        if strangers:
            raise AuditError(
                f"{path} needs {', '.join(strangers)}, which {target} does not promise and the wheel does not carry",
                hint="link it statically, or build the library for the target first",
            )
