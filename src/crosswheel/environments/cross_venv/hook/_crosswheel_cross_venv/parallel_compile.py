"""Compiles the sources of one extension side by side; distutils compiles one after the other."""

import os
import threading

from _crosswheel_cross_venv.facts import like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import ModuleType
    from typing import Any

_pools: "list[ThreadPoolExecutor]" = []
_making_pool = threading.Lock()
_OWN_MODULES = ("distutils.", "setuptools._distutils.")


def jobs() -> int:
    """How many compilers may run at the same time."""
    number = os.environ.get("CROSSWHEEL_JOBS", "1")
    return int(number) if number.isdigit() else 1


def change_compiler(module: "ModuleType") -> None:
    """The class of compilers: ``CCompiler``, and ``Compiler`` since setuptools 80."""
    compiler: Any = module.__dict__.get("Compiler") or module.__dict__.get("CCompiler")
    if compiler is None or "__crosswheel__" in compiler.__dict__:
        return
    compiler.__crosswheel__ = True
    compiler.compile = _pooled(compiler.__dict__["compile"])


def _pooled(real: "Any") -> "Any":
    @like(real)
    def compile(  # noqa: A001  # the real one's name and parameters
        self: "Any",
        sources: "Any",
        output_dir: "Any" = None,
        macros: "Any" = None,
        include_dirs: "Any" = None,
        debug: "Any" = 0,
        extra_preargs: "Any" = None,
        extra_postargs: "Any" = None,
        depends: "Any" = None,
    ) -> "Any":
        if jobs() < 2 or len(sources) < 2 or not _is_plain(self):
            return real(self, sources, output_dir, macros, include_dirs, debug, extra_preargs, extra_postargs, depends)
        macros, objects, extra_postargs, options, build = self._setup_compile(
            output_dir, macros, include_dirs, sources, depends, extra_postargs
        )
        arguments = self._get_cc_args(options, debug, extra_preargs)
        wanted = [name for name in dict.fromkeys(objects) if name in build]
        _run_all([_job(self._compile, name, *build[name], arguments, extra_postargs, options) for name in wanted])
        return objects

    return compile


def _is_plain(compiler: "Any") -> bool:
    """Whether nobody has put code of his own where ours would call it from several threads at once.

    torch, for one, exchanges the compiler's program while a file is compiled.
    """
    if any(name in compiler.__dict__ for name in ("_compile", "compile", "spawn")):
        return False
    methods = (getattr(type(compiler), name, None) for name in ("_compile", "spawn", "_setup_compile"))
    return all((getattr(method, "__module__", "") or "").startswith(_OWN_MODULES) for method in methods)


def _job(function: "Callable[..., object]", *arguments: "Any") -> "Callable[[], object]":
    return lambda: function(*arguments)


def _pool() -> "ThreadPoolExecutor":
    """One for the whole process, however many extensions are built at once."""
    with _making_pool:
        if not _pools:
            from concurrent.futures import ThreadPoolExecutor

            _pools.append(ThreadPoolExecutor(jobs(), thread_name_prefix="crosswheel-compile"))
        return _pools[0]


def _run_all(work: "list[Callable[[], object]]") -> None:
    """Run it all; if something fails, start nothing more and raise what comes first in order."""
    futures: list[Future[object]] = [_pool().submit(job) for job in work]
    failure: BaseException | None = None
    for future in futures:
        if failure is not None and future.cancel():
            continue
        error = future.exception()
        if error is not None and failure is None:
            failure = error
    if failure is not None:
        raise failure
