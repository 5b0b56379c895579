"""The order of builds: the first build of a source tells whether its wheel serves the others, too."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from crosswheel.building.sharing import serves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.results import WheelResult
    from crosswheel.sources.model import SourceRequest

_T = TypeVar("_T")
_Key = tuple["SourceRequest", int]
"""A request, and the index of a configuration."""


class Lazy(Generic[_T]):
    """A value that is made when it is first needed, by one of the threads that need it.

    :param make: makes the value; if it raises, every use does.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[_T] = []
        self._error: BaseException | None = None

    def value(self) -> _T:
        """Return the value."""
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._made:
                try:
                    self._made.append(self._make())
                except BaseException as error:
                    self._error = error
                    raise
            return self._made[0]


class Start(Protocol):
    """Starts the build of a request for one configuration."""

    def __call__(self, request: SourceRequest, index: int, served_by: WheelResult | None, /) -> Future[WheelResult]:
        """Start it in another thread.

        :param served_by: the result of another build, whose wheel is taken instead of building one.
        """
        ...


@dataclass
class Schedule:
    """The builds of every request for every configuration.

    Of each request one configuration is built first. A pure wheel serves all others, a wheel for the stable ABI those
    of the same target: they wait for it. Where it serves none, the others are built next, in parallel.

    :param sources: what decides the source of each configuration; a wheel serves only those of the same source.
    :param futures: the builds that were started, by request and index of the configuration.
    """

    builds: Sequence[BuildConfiguration]
    requests: Sequence[SourceRequest]
    start: Start
    sources: Sequence[object]
    futures: dict[_Key, Future[WheelResult]] = field(default_factory=dict)
    _waiting: dict[_Key, list[int]] = field(default_factory=dict)

    def run(self) -> dict[_Key, WheelResult]:
        """Build everything and return the results."""
        for request in self.requests:
            self._start_first(request, range(len(self.builds)))
        done: dict[_Key, WheelResult] = {}
        while len(done) < len(self.futures):
            wait([future for key, future in self.futures.items() if key not in done], return_when=FIRST_COMPLETED)
            for key, future in tuple(self.futures.items()):
                if key not in done and future.done():
                    done[key] = future.result()
                    self._advance(key, done[key])
        return done

    def _start_first(self, request: SourceRequest, indices: Iterable[int]) -> None:
        """Start the build for the first target's oldest Python; the others wait for it.

        A wheel for the stable ABI that is built for the oldest Python serves the newer ones.
        """
        indices = list(indices)
        if not indices:
            return
        target = self.builds[indices[0]].target
        own = [index for index in indices if self.builds[index].target == target]
        first = min(own, key=lambda index: (self.builds[index].python.freethreaded, self.builds[index].python.minor))
        self._waiting[request, first] = [index for index in indices if index != first]
        self.futures[request, first] = self.start(request, first, None)

    def _advance(self, key: _Key, result: WheelResult) -> None:
        """Start the builds that have waited for a result."""
        request, built = key
        others = self._waiting.pop(key, [])
        served = [
            index
            for index in others
            if self.sources[built] == self.sources[index] and serves(result, self.builds[built], self.builds[index])
        ]
        for index in served:
            self.futures[request, index] = self.start(request, index, result)
        rest = [index for index in others if index not in served]
        if result.shareable:
            for target in dict.fromkeys(self.builds[index].target for index in rest):
                self._start_first(request, [index for index in rest if self.builds[index].target == target])
        else:
            for index in rest:
                self.futures[request, index] = self.start(request, index, None)
