"""The Python API, which the command line only wraps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.building.matrix import Matrix
from crosswheel.building.model import BuildOptions, WheelResult
from crosswheel.host import Host
from crosswheel.host.files import scratch
from crosswheel.host.machine import native_alias, running_python
from crosswheel.sources.index import IndexSettings
from crosswheel.sources.model import SourceRequest
from crosswheel.targets import PythonVersion, find_target
from crosswheel.toolchains.catalogue import find_toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosswheel.targets import Target


def build(
    sources: Sequence[str],
    *,
    targets: Sequence[str] = ("native",),
    pythons: Sequence[str] = (),
    options: BuildOptions | None = None,
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None,
    host: Host | None = None,
) -> tuple[WheelResult, ...]:
    """Build wheels of every source for every target and every Python, in parallel.

    :param sources: requirements, sdists, directories or VCS URLs, as ``pip wheel`` takes them.
    :param targets: platform tags or aliases; see ``crosswheel targets``.
    :param pythons: versions such as ``3.13`` or ``3.13t``; the one crosswheel runs on if none is given.
    :param options_for: options for single combinations, where they differ from ``options``.
    :returns: one result per combination, in the order of the arguments. A build that fails is a result with
        an error, not an exception.
    :raises UsageError: when a target, a Python or an option does not exist.
    """
    host = host or Host.detect()
    options = options or BuildOptions()
    toolchain = find_toolchain(host, options.toolchain, options.toolchain_prefix)
    matrix = Matrix(
        host=host,
        toolchain=toolchain,
        requests=[SourceRequest.parse(text) for text in sources],
        targets=list(dict.fromkeys(find_target(spec, toolchain, native=native_alias()) for spec in targets)),
        versions=list(dict.fromkeys(PythonVersion.parse(text) for text in pythons or (running_python(),))),
        index=IndexSettings.of(host.environ, options.index),
        options=options,
        options_for=options_for,
    )
    with scratch() as work:
        return matrix.build(work)
