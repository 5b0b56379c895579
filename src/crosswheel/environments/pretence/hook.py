"""Runs inside the Pythons of a build, of any version from 3.10 on, with nothing but the standard library.

It makes questions about the platform be answered for the target. Modules are patched when they are imported, not
before, so that a Python that asks nothing pays almost nothing. Who asks decides: those named in ``_TRUTHFUL`` need
to know the build machine; everybody else in a build means the target.
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys

_TRUTHFUL = (
    "mesonbuild",
    "pip",
    "uv",
    "ctypes",
    "multiprocessing",
    "subprocess",
    "asyncio",
    "numpy",
    "ensurepip",
    "venv",
    "virtualenv",
    "importlib",
    "site",
    "zipimport",
    "ssl",
    "uuid",
    "webbrowser",
)
# Those who judge the pointer size of the platform a wheel is for, rather than that of their own process.
_ASK_POINTER_SIZE = (
    "mesonpy",
    "setuptools",
    "wheel",
    "packaging",
    "distutils",
    "scikit_build_core",
    "hatchling",
    "__main__",
    "setup",
)
_TRANSPARENT = ("platform", "sysconfig", "_crosswheel_pretence", "os", "functools")
_NEVER_IN = ("pip", "uv", "ensurepip", "venv", "virtualenv")

_facts = None


def facts():
    """The pretence, read when first needed."""
    global _facts
    if _facts is None:
        with open(os.environ["CROSSWHEEL_PRETENCE"], encoding="utf-8") as stream:
            _facts = json.load(stream)
    return _facts


def _asker():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] not in _TRANSPARENT:
            return name, frame.f_globals.get("__file__") or ""
        frame = frame.f_back
    return "", ""


def _told_truth(name, path):
    return name.partition(".")[0] in _TRUTHFUL or "/pip/_vendor/" in path


def _patch_os():
    real = os.uname

    def uname():
        answer = real()
        if _told_truth(*_asker()):
            return answer
        return type(answer)((answer.sysname, "build", "0", "0", facts()["machine"]))

    os.uname = uname


def _patch_platform(platform):
    real = {name: getattr(platform, name) for name in ("machine", "processor", "architecture", "libc_ver", "uname")}

    def answer(name, pretended):
        def function(*args, **kwargs):
            if _told_truth(*_asker()):
                return real[name](*args, **kwargs)
            return pretended(*args, **kwargs)

        return function

    def uname():
        return platform.uname_result("Linux", "build", "0", "0", facts()["machine"])

    def architecture(*_args, **_kwargs):
        return f"{8 * facts()['pointer_size']}bit", "ELF"

    platform.machine = answer("machine", lambda: facts()["machine"])
    platform.processor = answer("processor", lambda: facts()["machine"])
    platform.architecture = answer("architecture", architecture)
    platform.libc_ver = answer("libc_ver", lambda *_args, **_kwargs: tuple(facts()["libc"]))
    platform.uname = answer("uname", uname)


def _patch_sysconfig(sysconfig):
    real_vars, real_platform = sysconfig.get_config_vars, sysconfig.get_platform
    real_paths, real_header = sysconfig.get_paths, sysconfig.get_config_h_filename
    merged = {}

    def config_vars():
        if not merged:
            merged.update(real_vars())
            merged.update(facts()["vars"])
        return merged

    def get_config_vars(*names):
        if _told_truth(*_asker()):
            return real_vars(*names)
        values = config_vars()
        return [values.get(name) for name in names] if names else values

    def get_config_var(name):
        if _told_truth(*_asker()):
            return real_vars().get(name)
        return config_vars().get(name)

    def get_platform():
        return real_platform() if _told_truth(*_asker()) else facts()["platform"]

    def get_paths(*args, **kwargs):
        answer = dict(real_paths(*args, **kwargs))
        if not _told_truth(*_asker()):
            answer.update(include=facts()["include"], platinclude=facts()["include"])
        return answer

    def get_path(name, *args, **kwargs):
        if name in ("include", "platinclude") and not _told_truth(*_asker()):
            return facts()["include"]
        return real_paths(*args, **kwargs)[name]

    def get_config_h_filename():
        if _told_truth(*_asker()):
            return real_header()
        return os.path.join(facts()["include"], "pyconfig.h")

    for function in (get_config_vars, get_config_var, get_platform, get_paths, get_path, get_config_h_filename):
        setattr(sysconfig, function.__name__, function)


def _patch_struct(struct):
    real = struct.calcsize

    def calcsize(format, /):
        if format == "P" and _asker()[0].partition(".")[0] in _ASK_POINTER_SIZE:
            return facts()["pointer_size"]
        return real(format)

    struct.calcsize = calcsize


def _patch_packaging_tags(tags):
    """packaging looks at the running program's ELF header and pointer size: tell it the target's."""
    if hasattr(tags, "_32_BIT_INTERPRETER"):
        tags._32_BIT_INTERPRETER = facts()["pointer_size"] == 4


def _patch_get_platform_32(module):
    """wheel and setuptools turn linux_x86_64 into linux_i686 when their own process has 32-bit pointers."""
    if hasattr(module, "is_32bit_interpreter"):
        module.is_32bit_interpreter = lambda: False


def _patch_mesonpy_tags(module):
    module._32_BIT_INTERPRETER = False


def _patch_build_ext(module):
    real_run, real_finalize = module.build_ext.run, module.build_ext.finalize_options

    def declared(command):
        names = []
        for extension in command.extensions or command.distribution.ext_modules or []:
            name = extension[0] if isinstance(extension, tuple) else getattr(extension, "name", None)
            if name:
                names.append(command.get_ext_fullname(name) if hasattr(command, "get_ext_fullname") else name)
        return names

    def record(command):
        place = os.environ.get("CROSSWHEEL_DECLARED")
        if place:
            try:
                line = json.dumps(declared(command)) + "\n"
            except Exception:  # a build's own command class may hold anything
                return
            with open(place, "a", encoding="utf-8") as stream:
                stream.write(line)

    def run(self):
        record(self)
        return real_run(self)

    def finalize_options(self):
        real_finalize(self)
        record(self)

    module.build_ext.run, module.build_ext.finalize_options = run, finalize_options


def _patch_ccompiler(module):
    """Compile the sources of one extension side by side, in the same order of results and errors."""
    compiler = getattr(module, "CCompiler", None) or module.Compiler
    real = compiler.compile
    jobs = int(os.environ.get("CROSSWHEEL_JOBS") or 1)

    def compile(self, sources, *args, **kwargs):
        from concurrent.futures import ThreadPoolExecutor

        sources = list(sources)
        if jobs < 2 or len(sources) < 2 or getattr(self, "_crosswheel_pooled", False):
            return real(self, sources, *args, **kwargs)
        self._crosswheel_pooled = True
        try:
            with ThreadPoolExecutor(jobs) as pool:
                futures = [pool.submit(real, self, [source], *args, **kwargs) for source in sources]
                return [made for future in futures for made in future.result()]
        finally:
            self._crosswheel_pooled = False

    compiler.compile = compile


_PATCHES = {
    "platform": _patch_platform,
    "sysconfig": _patch_sysconfig,
    "struct": _patch_struct,
    "packaging.tags": _patch_packaging_tags,
    "setuptools._vendor.packaging.tags": _patch_packaging_tags,
    "wheel.vendored.packaging.tags": _patch_packaging_tags,
    "wheel.bdist_wheel": _patch_get_platform_32,
    "wheel._bdist_wheel": _patch_get_platform_32,
    "setuptools.command.bdist_wheel": _patch_get_platform_32,
    "mesonpy._tags": _patch_mesonpy_tags,
    "distutils.command.build_ext": _patch_build_ext,
    "setuptools._distutils.command.build_ext": _patch_build_ext,
    "distutils.ccompiler": _patch_ccompiler,
    "setuptools._distutils.ccompiler": _patch_ccompiler,
    "setuptools._distutils.compilers.C.base": _patch_ccompiler,
}


class _Loader(importlib.abc.Loader):
    def __init__(self, loader, patch):
        self._loader, self._patch = loader, patch

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _apply(module, self._patch)

    def __getattr__(self, name):
        return getattr(self._loader, name)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self):
        self._busy = False

    def find_spec(self, name, path=None, target=None):
        patch = _PATCHES.get(name)
        if patch is None or self._busy:
            return None
        self._busy = True
        try:
            for finder in sys.meta_path:
                if finder is not self and hasattr(finder, "find_spec"):
                    spec = finder.find_spec(name, path, target)
                    if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader, patch)
                        return spec
        finally:
            self._busy = False
        return None


def _apply(module, patch):
    marks = module.__dict__.setdefault("_crosswheel_patched", [])
    if patch not in marks:
        # distutils is an alias of setuptools' copy: the same classes must not be wrapped twice.
        cls = (
            getattr(module, "build_ext", None)
            or getattr(module, "CCompiler", None)
            or getattr(module, "Compiler", None)
        )
        if cls is not None and "_crosswheel_done" in vars(cls):
            return
        marks.append(patch)
        patch(module)
        if cls is not None:
            cls._crosswheel_done = True


def _program():
    words = getattr(sys, "orig_argv", [])
    for at, word in enumerate(words[:-1]):
        if word == "-m":
            return words[at + 1].partition(".")[0]
    return os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else ""


def activate():
    """Begin to pretend, unless this process is one that must know the truth."""
    if sys.flags.isolated or _program() in _NEVER_IN or not os.path.isfile(os.environ["CROSSWHEEL_PRETENCE"]):
        return
    _patch_os()
    sys.meta_path.insert(0, _Finder())
    for name, patch in _PATCHES.items():
        if name in sys.modules:
            _apply(sys.modules[name], patch)


activate()
