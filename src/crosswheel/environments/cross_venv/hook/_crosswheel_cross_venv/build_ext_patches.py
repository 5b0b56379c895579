"""Patches of ``build_ext`` and of compiler classes: a record of extension modules, parallel compilation.

Many projects continue without their extensions if those fail to build, and exit with status 0. The record, lines of
JSON in the file named by ``CROSSWHEEL_DECLARED``, contains the extensions declared to setuptools, distutils, Cython or
numpy, and their failures.
"""

import os
import threading

from _crosswheel_cross_venv.callers import facts, is_native_process, wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import ModuleType
    from typing import Any

VARIABLE = "CROSSWHEEL_DECLARED"
_C_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".c++", ".s", ".S", ".m", ".mm")
_UNCHANGED = ("build_extensions", "build_extension", "get_ext_fullpath", "get_ext_filename", "swig_sources")
_OWN_MODULES = ("distutils.", "setuptools.", "Cython.", "_crosswheel_cross_venv.")
_pools: "list[ThreadPoolExecutor]" = []
_pool_lock = threading.Lock()
_COMPILER_MODULES = ("distutils.", "setuptools._distutils.")


def patch_build_ext(module: "ModuleType") -> None:
    """Patch the class ``build_ext``, the base class of those of setuptools, Cython and numpy."""
    command: Any = module.__dict__["build_ext"]
    if "__crosswheel__" in command.__dict__:  # distutils is an alias of setuptools._distutils
        return
    command.__crosswheel__ = True
    for name in ("finalize_options", "run", "build_extensions"):
        if name in command.__dict__:
            setattr(command, name, _with_record(command.__dict__[name], parallel=name == "build_extensions"))
    command.build_extension = _with_failure_record(command.__dict__["build_extension"])


def patch_suffixes(module: "ModuleType") -> None:
    """Patch the suffixes among which ``setuptools`` searches that of the stable ABI."""
    if not is_native_process():
        module.__dict__["EXTENSION_SUFFIXES"] = list(facts()["suffixes"])


def _with_record(real: "Any", *, parallel: bool) -> "Any":
    @wraps(real)
    def method(self: "Any") -> "Any":
        if parallel:
            _record_declared(self)
            _enable_parallel_build(self)
            return real(self)
        try:
            return real(self)
        finally:
            _record_declared(self)

    return method


def _with_failure_record(real: "Any") -> "Any":
    @wraps(real)
    def build_extension(self: "Any", ext: "Any") -> "Any":
        _record_declared(self, [ext])
        try:
            return real(self, ext)
        except Exception as error:
            record({"event": "failed", "name": _full_name(self, ext), "error": f"{type(error).__name__}: {error}"})
            raise

    return build_extension


def _record_declared(command: "Any", extensions: "Iterable[Any] | None" = None) -> None:
    if extensions is None:
        extensions = [*_list(getattr(command, "extensions", None)), *_list(command.distribution.ext_modules)]
    # An attribute of the distribution, which exists for one call of setup().
    seen = command.distribution.__dict__.setdefault("__crosswheel_declared__", set())
    for extension in extensions:
        name = _full_name(command, extension)
        if name is None or name in seen:
            continue
        seen.add(name)
        sources = [str(source) for source in _list(getattr(extension, "sources", None))]
        optional = bool(getattr(extension, "optional", False))
        record({"event": "declared", "name": name, "optional": optional, "sources": sources})


def _list(value: "Any") -> "list[Any]":
    return list(value) if isinstance(value, (list, tuple)) else []


def _full_name(command: "Any", extension: "Any") -> "str | None":
    """Return ``package.module``; None if it is not an extension module (setuptools' shared libraries)."""
    if any(base.__name__ == "Library" and "setuptools" in base.__module__ for base in type(extension).__mro__):
        return None
    name = extension[0] if isinstance(extension, tuple) and extension else getattr(extension, "name", None)
    if not isinstance(name, str):
        return None
    package = getattr(command, "package", None)
    return f"{package}.{name}" if isinstance(package, str) and package else name


def record(event: "dict[str, Any]") -> None:
    """Append an event to the record of the build, whose path is in the environment."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    import json

    line = f"{json.dumps(event)}\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line)  # a single call, so that lines of several processes do not interleave
    finally:
        os.close(descriptor)


def _enable_parallel_build(command: "Any") -> None:
    """Let setuptools build several extensions in parallel, if that has no visible effect.

    Conditions: the project does not customize how they are built, all their sources are written in C or similar
    languages, and no two extensions share a source, and thus an object file.
    """
    extensions = _list(command.extensions)
    if getattr(command, "parallel", 0) or jobs() < 2 or len(extensions) < 2 or not hasattr(command, "parallel"):
        return
    sources = [str(source) for ext in extensions for source in _list(getattr(ext, "sources", None))]
    plain = sources and all(source.endswith(_C_SOURCES) for source in sources)
    objects = {source.rpartition(".")[0] for source in sources}
    if plain and len(objects) == len(sources) and all(_is_unchanged(type(command), name) for name in _UNCHANGED):
        command.parallel = jobs()


def _is_unchanged(command: type, name: str) -> bool:
    module = getattr(getattr(command, name, None), "__module__", "") or ""
    return module.startswith(_OWN_MODULES)


def jobs() -> int:
    """Return the number of compilers that may run in parallel."""
    number = os.environ.get("CROSSWHEEL_JOBS", "1")
    return int(number) if number.isdigit() else 1


def patch_compiler(module: "ModuleType") -> None:
    """Patch the class of compilers: ``CCompiler``, and ``Compiler`` since setuptools 80."""
    compiler: Any = module.__dict__.get("Compiler") or module.__dict__.get("CCompiler")
    if compiler is None or "__crosswheel__" in compiler.__dict__:
        return
    compiler.__crosswheel__ = True
    compiler.compile = _parallel_compile(compiler.__dict__["compile"])


def _parallel_compile(real: "Any") -> "Any":
    @wraps(real)
    def compile(  # noqa: A001  # the original's name and parameters
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
        if jobs() < 2 or len(sources) < 2 or not _is_unmodified(self):
            return real(self, sources, output_dir, macros, include_dirs, debug, extra_preargs, extra_postargs, depends)
        macros, objects, extra_postargs, options, build = self._setup_compile(
            output_dir, macros, include_dirs, sources, depends, extra_postargs
        )
        arguments = self._get_cc_args(options, debug, extra_preargs)
        pending = [name for name in dict.fromkeys(objects) if name in build]
        _run_all([_job(self._compile, name, *build[name], arguments, extra_postargs, options) for name in pending])
        return objects

    return compile


def _is_unmodified(compiler: "Any") -> bool:
    """Whether the methods that would be called from several threads are distutils' own.

    torch, for example, replaces the compiler's program while a file is compiled.
    """
    if any(name in compiler.__dict__ for name in ("_compile", "compile", "spawn")):
        return False
    methods = (getattr(type(compiler), name, None) for name in ("_compile", "spawn", "_setup_compile"))
    return all((getattr(method, "__module__", "") or "").startswith(_COMPILER_MODULES) for method in methods)


def _job(function: "Callable[..., object]", *arguments: "Any") -> "Callable[[], object]":
    return lambda: function(*arguments)


def _pool() -> "ThreadPoolExecutor":
    """Return the process's thread pool, shared by all extensions."""
    with _pool_lock:
        if not _pools:
            from concurrent.futures import ThreadPoolExecutor

            _pools.append(ThreadPoolExecutor(jobs(), thread_name_prefix="crosswheel-compile"))
        return _pools[0]


def _run_all(work: "list[Callable[[], object]]") -> None:
    """Run all jobs; after a failure, start no more, and raise the first exception in order."""
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
