"""Rules for Linux with zig's clang and lld: tables of whole command lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.toolchains.model import Call, CallSettings, OpenMpRuntime, OptionalLibrary, Plan, Tool
from crosswheel.toolchains.zig.linux.rules import LinuxFacts, plan_call

FACTS = LinuxFacts(
    clang=("zig", "clang"),
    target_flags=("--target=T",),
    c_flags=("-C",),
    cxx_flags=("-CXX",),
    lld=("zig", "ld.lld"),
    ld_path="/ld",
    emulation="EMU",
    tools={Tool.AR: ("zig", "ar"), Tool.RANLIB: ("zig", "ranlib"), Tool.NM: ("inspect", "nm")},
    library="/tc",
    runtime="/rt",
    cpu_model=None,
    start_files=("/tc/Scrt1.o",),
    libraries=("/tc/libc.so.6", "/tc/libbuiltins.a"),
    program_libraries=("/tc/libc.so.6", "/tc/libprogram.a"),
    program_flags=("-pie",),
    hidden="/tc/hidden.map",
    architecture="riscv64",
    multiarch="riscv64-linux-gnu",
)
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    extra_compile=("-XC",),
    extra_link=("-XL",),
)

CC = "zig clang --target=T"
CXX = "zig clang --driver-mode=g++ --target=T"
AFTER = "-C -XC -g0"
AFTER_CXX = "-CXX -XC -g0"
LINK = "--ld-path=/ld -nostdlib -L/tc -XL"
HIDE = "-Wl,--exclude-libs,libc++.a:libc++abi.a:libunwind.a:libbuiltins.a:libcompiler_rt.a"
EXPORTS = f"{HIDE} -Wl,--version-script=/tc/hidden.map"
SMALL = "-Wl,--gc-sections -Wl,--strip-debug"
LIBS = "-Wl,--as-needed /tc/libc.so.6 /tc/libbuiltins.a"
CXX_LIBS = "-Wl,--as-needed /rt/libc++.a /rt/libc++abi.a /rt/libunwind.a /tc/libc.so.6 /tc/libbuiltins.a"
PROGRAM = "/tc/Scrt1.o -Wl,--as-needed -pie /tc/libc.so.6 /tc/libprogram.a"
UNSTARTED = PROGRAM.removeprefix("/tc/Scrt1.o ")
NO_PIE = "/tc/Scrt1.o -Wl,--as-needed /tc/libc.so.6 /tc/libprogram.a"
CXX_PROGRAM = (
    "/tc/Scrt1.o -Wl,--as-needed /rt/libc++.a /rt/libc++abi.a /rt/libunwind.a -pie /tc/libc.so.6 /tc/libprogram.a"
)
SHARED_END = f"{AFTER} {LINK} {EXPORTS} {SMALL} {LIBS}"


def plan(tool: Tool, text: str) -> Plan:
    return plan_call(FACTS, Call(tool, tuple(text.split()), "/work"), SETTINGS)


def only_command(tool: Tool, text: str) -> str:
    (command,) = plan(tool, text).commands
    return " ".join(command)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        # Compiling.
        (Tool.CC, "-O2 -c a.c -o a.o", f"{CC} -O2 -c a.c -o a.o {AFTER}"),
        (Tool.CC, "-c a.c b.c", f"{CC} -c a.c b.c {AFTER}"),
        (Tool.CC, "-c a.cc", f"{CC} -c a.cc {AFTER_CXX}"),
        (Tool.CXX, "-c a.cc", f"{CXX} -c a.cc {AFTER_CXX}"),
        (Tool.CXX, "-c a.c", f"{CXX} -c a.c {AFTER_CXX}"),
        (Tool.CC, "-x c -c -", f"{CC} -x c -c - {AFTER}"),
        (Tool.CC, "-E -dM -", f"{CC} -E -dM - {AFTER}"),
        (Tool.CC, "-M a.c", f"{CC} -M a.c {AFTER}"),
        (Tool.CC, "-MMD -MF a.d -c a.c", f"{CC} -MMD -MF a.d -c a.c {AFTER}"),
        (Tool.CC, "-Wp,-MD,a.d -c a.c", f"{CC} -Wp,-MD,a.d -c a.c {AFTER}"),
        (Tool.CC, "-Wp,-D_FORTIFY_SOURCE=2 -c a.c", f"{CC} -Wp,-D_FORTIFY_SOURCE=2 -c a.c {AFTER}"),
        (Tool.CC, "-v -c a.c", f"{CC} -v -c a.c {AFTER}"),
        (Tool.CC, "-### -c a.c", f"{CC} -### -c a.c {AFTER}"),
        (Tool.CC, "-g3 -ggdb -c a.c", f"{CC} -g3 -ggdb -c a.c {AFTER}"),
        (Tool.CC, "-c a.c -o /dev/null", f"{CC} -c a.c -o /dev/null {AFTER}"),
        # Flags that name a processor are passed on: clang understands them, or refuses them as gcc does.
        (Tool.CC, "-march=rv64gcv -c a.c", f"{CC} -march=rv64gcv -c a.c {AFTER}"),
        (Tool.CC, "-mavx2 -c a.c", f"{CC} -mavx2 -c a.c {AFTER}"),
        (Tool.CC, "-march=native -mtune=native -c a.c", f"{CC} -c a.c {AFTER}"),
        # The build machine.
        (Tool.CC, "-I/usr/include -I/usr/include/python3.13 -c a.c", f"{CC} -I/target -c a.c {AFTER}"),
        # What only gcc has, and what crosswheel chooses.
        (Tool.CC, "-fno-tree-vrp -fvar-tracking-assignments -c a.c", f"{CC} -c a.c {AFTER}"),
        (Tool.CC, "-ftree-vectorize -c a.c", f"{CC} -ftree-vectorize -c a.c {AFTER}"),
        (Tool.CC, "-fcf-protection -mbranch-protection=standard -c a.c", f"{CC} -c a.c {AFTER}"),
        (Tool.CC, "--target=x -target y --sysroot=/ --sysroot / -c a.c", f"{CC} -c a.c {AFTER}"),
        (Tool.CC, "-flto=auto -c a.c", f"{CC} -flto=auto -c a.c {AFTER}"),
        (Tool.CC, "-flto=4 -flto-partition=none -c a.c", f"{CC} -flto -c a.c {AFTER}"),
        # Linking shared objects.
        (Tool.CC, "-shared a.o -o a.so", f"{CC} -shared a.o -o a.so {SHARED_END}"),
        (Tool.CC, "-shared -fPIC a.c -o a.so", f"{CC} -shared -fPIC a.c -o a.so {SHARED_END}"),
        (Tool.CC, "-shared a.o -lm -lpthread", f"{CC} -shared a.o -lm -lpthread {SHARED_END}"),
        (Tool.CC, "-shared a.o -lgcc -lc -l atomic", f"{CC} -shared a.o {SHARED_END}"),
        (Tool.CC, "-shared -static-libgcc -fuse-ld=gold a.o", f"{CC} -shared a.o {SHARED_END}"),
        (Tool.CC, "-Wl,-shared a.o", f"{CC} -Wl,-shared a.o {SHARED_END}"),
        (
            Tool.CXX,
            "-shared a.o -o a.so",
            f"{CXX} -shared a.o -o a.so {AFTER_CXX} {LINK} {EXPORTS} {SMALL} {CXX_LIBS}",
        ),
        (Tool.CC, "-shared a.o -lstdc++", f"{CC} -shared a.o {AFTER} {LINK} {EXPORTS} {SMALL} {CXX_LIBS}"),
        (Tool.CC, "-shared a.o -lgcc_s", f"{CC} -shared a.o {AFTER} {LINK} {EXPORTS} {SMALL} {CXX_LIBS}"),
        (Tool.CC, "-shared a.cc", f"{CC} -shared a.cc {AFTER_CXX} {LINK} {EXPORTS} {SMALL} {CXX_LIBS}"),
        # A build's own list of exports is the one that counts.
        (
            Tool.CC,
            "-shared a.o -Wl,--version-script=v.map",
            f"{CC} -shared a.o -Wl,--version-script=v.map {AFTER} {LINK} {HIDE} {SMALL} {LIBS}",
        ),
        (
            Tool.CC,
            "-shared a.o -Wl,-soname,x,--version-script,v.map",
            f"{CC} -shared a.o -Wl,-soname,x,--version-script,v.map {AFTER} {LINK} {HIDE} {SMALL} {LIBS}",
        ),
        (
            Tool.CC,
            "-shared a.o -Xlinker --dynamic-list=l",
            f"{CC} -shared a.o -Xlinker --dynamic-list=l {AFTER} {LINK} {HIDE} {SMALL} {LIBS}",
        ),
        # Options of GNU ld.
        (Tool.CC, "-shared a.o -Wl,-z,ibt,-z,now", f"{CC} -shared a.o -Wl,-z,now {SHARED_END}"),
        (Tool.CC, "-shared a.o -Wl,--no-warn-rwx-segments", f"{CC} -shared a.o {SHARED_END}"),
        (Tool.CC, "-shared a.o -Wl,-O1,--sort-common", f"{CC} -shared a.o -Wl,-O1,--sort-common {SHARED_END}"),
        (Tool.CC, "-shared a.o -L/usr/lib -Wl,-rpath,/usr/lib", f"{CC} -shared a.o {SHARED_END}"),
        # Linking programs.
        (Tool.CC, "a.o -o a", f"{CC} a.o -o a {AFTER} {LINK} {SMALL} {PROGRAM}"),
        (Tool.CC, "-o c a.c", f"{CC} -o c a.c {AFTER} {LINK} {SMALL} {PROGRAM}"),
        (Tool.CC, "-x c - -o a", f"{CC} -x c - -o a {AFTER} -xnone {LINK} {SMALL} {PROGRAM}"),
        (Tool.CC, "-no-pie a.o", f"{CC} -no-pie a.o {AFTER} {LINK} {SMALL} {NO_PIE}"),
        (Tool.CXX, "a.cc -o a", f"{CXX} a.cc -o a {AFTER_CXX} {LINK} {SMALL} {CXX_PROGRAM}"),
        (Tool.CC, "-Wl,--version", f"{CC} -Wl,--version {AFTER} {LINK} {SMALL} {PROGRAM}"),
        (Tool.CC, "-nostartfiles a.o", f"{CC} -nostartfiles a.o {AFTER} {LINK} {SMALL} {UNSTARTED}"),
        # Linking without the usual libraries.
        (Tool.CC, "-nostdlib -shared a.o", f"{CC} -nostdlib -shared a.o {AFTER} {LINK} {EXPORTS} {SMALL}"),
        (Tool.CC, "-nodefaultlibs -shared a.o -lc -lgcc", f"{CC} -nodefaultlibs -shared a.o {SHARED_END}"),
        (Tool.CC, "-r a.o b.o -o c.o", f"{CC} -r a.o b.o -o c.o {AFTER} {LINK}"),
        (Tool.CC, "-Wl,-r a.o b.o", f"{CC} -Wl,-r a.o b.o {AFTER} {LINK}"),
        # Nothing to do is for clang to complain about.
        (Tool.CC, "-O2", f"{CC} -O2"),
        # Queries.
        (Tool.CC, "--version", f"{CC} --version"),
        (Tool.CXX, "-dumpmachine", f"{CXX} -dumpmachine"),
        (Tool.CC, "-print-file-name=libc.so", f"{CC} -print-file-name=libc.so"),
        # The preprocessor by its own name.
        (Tool.CPP, "a.c", f"{CC} -E a.c {AFTER}"),
        (Tool.CPP, "-P in.txt out.txt", f"{CC} -E -P -x c in.txt -o out.txt {AFTER}"),
        (Tool.CPP, "-DX", f"{CC} -E -DX -x c - {AFTER}"),
        (Tool.CPP, "-M a.c", f"{CC} -M a.c {AFTER}"),
        (Tool.CPP, "-x c++ a.h", f"{CC} -E -x c++ a.h {AFTER_CXX}"),
        # The linker by its own name.
        (Tool.LD, "-shared a.o -o a.so", "zig ld.lld -m EMU -shared a.o -o a.so -L/tc"),
        (Tool.LD, "-r a.o -o b.o", "zig ld.lld -m EMU -r a.o -o b.o -L/tc"),
        (Tool.LD, "-rpath /usr/lib -L/usr/lib a.o", "zig ld.lld -m EMU a.o -L/tc"),
        (Tool.LD, "-z shstk --no-add-needed a.o", "zig ld.lld -m EMU a.o -L/tc"),
        (Tool.LD, "-v", "zig ld.lld -m EMU -v -L/tc"),
        # Archives.
        (Tool.AR, "rcs lib.a a.o", "zig ar rcs lib.a a.o"),
        (Tool.RANLIB, "lib.a", "zig ranlib lib.a"),
        (Tool.NM, "-g a.o", "inspect nm -g a.o"),
        (Tool.STRIP, "-o b a", "/bin/cp -p a b"),
    ],
)  # fmt: skip
def test_call(tool: Tool, given: str, expected: str) -> None:
    assert only_command(tool, given) == expected


@pytest.mark.parametrize(
    ("tool", "given", "requires"),
    [
        (Tool.CC, "-shared a.o", ()),
        (Tool.CXX, "-c a.cc", ()),
        (Tool.CXX, "-shared a.o", ("c++",)),
        (Tool.CC, "a.o -lstdc++", ("c++",)),
        (Tool.CXX, "-r a.o", ()),
    ],
)
def test_the_runtime_is_required_only_by_links_of_cxx(tool: Tool, given: str, requires: tuple[str, ...]) -> None:
    assert plan(tool, given).requires == requires


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ("-print-multiarch", "riscv64-linux-gnu\n"),
        ("--print-multiarch", "riscv64-linux-gnu\n"),
        ("-print-prog-name=ld", "ld\n"),
        ("-print-libgcc-file-name", "/tc/libbuiltins.a\n"),
        ("-print-multi-os-directory", ".\n"),
        ("-print-sysroot", "\n"),
    ],
)
def test_answers_without_running_anything(given: str, answer: str) -> None:
    assert plan(Tool.CC, given) == Plan(output=answer)


@pytest.mark.parametrize(
    ("tool", "given", "reason"),
    [
        (Tool.CC, "-fopenmp -c a.c", "OpenMP"),
        (Tool.CC, "-shared a.o -fopenmp", "OpenMP"),
        (Tool.CC, "-shared a.o /usr/lib/libz.so", "/usr/lib/libz.so"),
        (Tool.LD, "-shared a.o /usr/lib/libz.so", "/usr/lib/libz.so"),
        (Tool.OBJCOPY, "a b", "objcopy"),
        (Tool.OBJDUMP, "-d a", "objdump"),
        (Tool.FORTRAN, "-c a.f90", "Fortran"),
        (Tool.FORTRAN, "--version", "Fortran"),
        (Tool.PKG_CONFIG, "--cflags libffi", "libffi"),
    ],
)
def test_refusals_say_why(tool: Tool, given: str, reason: str) -> None:
    refused = plan(tool, given)
    assert refused.commands == ()
    assert refused.status != 0
    assert reason in refused.output


def test_openmp_simd_needs_no_library() -> None:
    assert "-fopenmp-simd" in only_command(Tool.CC, "-fopenmp-simd -c a.c")


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ("-L/usr/lib a.o", "removed -L/usr/lib: a directory of the build machine"),
        ("-march=native -c a.c", "removed -march=native: it selects the build machine's processor"),
        ("-fgcse-sm -c a.c", "removed -fgcse-sm: only gcc has it"),
        ("-fuse-ld=mold a.o", "removed -fuse-ld=mold: crosswheel chooses the parts of the toolchain"),
        ("-mshstk -c a.c", "removed -mshstk: not for riscv64"),
        ("-Wl,-z,ibt a.o", "removed -z ibt: the linker has no such option"),
    ],
)
def test_notes(given: str, note: str) -> None:
    assert plan(Tool.CC, given).notes == (note,)


@pytest.mark.parametrize(
    ("given", "status", "output"),
    [
        ("--version", 0, "1.8.1\n"),
        ("--atleast-pkgconfig-version 0.20", 0, ""),
        ("--exists zlib", 1, ""),
        ("--exists --print-errors zlib", 1, "Package zlib was not found: there is none for the target\n"),
        ("--modversion zlib", 1, "Package zlib was not found: there is none for the target\n"),
    ],
)
def test_pkg_config(given: str, status: int, output: str) -> None:
    answer = plan(Tool.PKG_CONFIG, given)
    assert (answer.status, answer.output, answer.commands) == (status, output, ())


def test_strip_does_nothing_to_a_file_in_place() -> None:
    assert plan(Tool.STRIP, "--strip-unneeded a.so").commands == ()
    assert plan(Tool.STRIP, "--strip-unneeded a.so").status == 0
    assert "strip" in plan(Tool.STRIP, "--version").output


def test_every_tool_has_a_plan() -> None:
    for tool in Tool:
        assert isinstance(plan(tool, "--version"), Plan)


LIBRARIES = CallSettings(
    archives=("/p/libxml2.a", "/p/libz.a"),
    shared=("/p/libpng16.so",),
    link_maps="/maps",
    pkg_config=("pkgconf", "--static"),
)


def with_libraries(tool: Tool, text: str) -> str:
    (command,) = plan_call(FACTS, Call(tool, tuple(text.split()), "/work"), LIBRARIES).commands
    return " ".join(command)


def test_modules_may_take_from_the_targets_libraries_and_keep_them_private() -> None:
    command = with_libraries(Tool.CC, "-shared a.o -o p/a.so")
    assert "-Wl,--exclude-libs,libxml2.a:libz.a" in command
    needed = LIBS.removeprefix("-Wl,--as-needed ")
    assert "-Wl,--as-needed /p/libxml2.a /p/libz.a /p/libpng16.so -Wl,-Map=/maps/a.so." in command
    assert command.endswith(".map " + needed)


def test_programs_may_too_and_leave_no_record() -> None:
    command = with_libraries(Tool.CC, "a.o -o a")
    assert "-Wl,--as-needed /p/libxml2.a /p/libz.a " in command
    assert "-Map" not in command
    assert "libpng16.so" not in command  # some are all static


def test_objects_are_joined_without_libraries() -> None:
    assert "/p/" not in with_libraries(Tool.CC, "-r a.o b.o -o c.o")


def test_pkg_config_knows_the_targets_libraries_where_there_are_any() -> None:
    assert with_libraries(Tool.PKG_CONFIG, "--libs zlib") == "pkgconf --static --libs zlib"


def test_links_name_processor_detection_after_everything_that_may_refer_to_it() -> None:
    library = OptionalLibrary("cpu-model", "/cpu/lib.a", ("__cpu_model",))
    facts = replace(FACTS, cpu_model=library)
    for arguments, mentioned in (("-shared a.o", True), ("a.o -o a", True), ("-c a.c", False), ("-r a.o", False)):
        made = plan_call(facts, Call(Tool.CC, tuple(arguments.split()), "/work"), SETTINGS)
        assert made.optional == ((library,) if mentioned else ())
        assert ("/cpu/lib.a" in made.commands[0]) is mentioned
    cxx = plan_call(facts, Call(Tool.CXX, ("-shared", "a.o"), "/work"), SETTINGS).commands[0]
    assert cxx.index("/rt/libunwind.a") < cxx.index("/cpu/lib.a") < cxx.index("/tc/libc.so.6")


OPENMP = OpenMpRuntime("/omp/include", "/omp/lib/libomp.so", "/omp/lib/static/libomp.a")
OMP = f"-fopenmp -c a.c {AFTER.removesuffix(' -g0')} -isystem /omp/include -g0"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-fopenmp -c a.c", f"{CC} {OMP}"),
        ("-fopenmp=libgomp -c a.c", f"{CC} {OMP}"),
        ("-fopenmp -E a.c", f"{CC} {OMP}".replace(" -c ", " -E ")),
    ],
)
def test_compilations_with_openmp_find_its_header(given: str, expected: str) -> None:
    made = plan_call(FACTS, Call(Tool.CC, tuple(given.split()), "/work"), replace(SETTINGS, openmp=OPENMP))
    assert [" ".join(command) for command in made.commands] == [expected]
    assert made.requires == ("openmp",)


@pytest.mark.parametrize(
    ("given", "linked"),
    [
        ("-shared a.o -fopenmp", "/omp/lib/libomp.so"),
        ("-shared a.o -lgomp", "/omp/lib/libomp.so"),
        ("-shared a.o -fopenmp -liomp5", "/omp/lib/libomp.so"),
        ("a.o -o a -fopenmp", "/omp/lib/libomp.so -Wl,-rpath,/omp/lib"),
        ("a.o -o a -fopenmp -static", "/omp/lib/static/libomp.a"),
        ("-r a.o -fopenmp", ""),
    ],
)
def test_links_with_openmp(given: str, linked: str) -> None:
    made = plan_call(FACTS, Call(Tool.CC, tuple(given.split()), "/work"), replace(SETTINGS, openmp=OPENMP))
    (command,) = made.commands
    assert [arg for arg in command if arg.startswith(("/omp/lib", "-Wl,-rpath"))] == linked.split()
    assert not [arg for arg in command if arg in {"-lgomp", "-liomp5"}]
    if linked:
        first, *_ = linked.split()
        assert command.index("-Wl,--as-needed") < command.index(first) < command.index("/tc/libc.so.6")
        assert made.requires == ("openmp",)


@pytest.mark.parametrize(
    ("given", "path"), [("-shared a.o", OPENMP.shared), ("a.o -o a", OPENMP.static), ("-c a.c", None), ("-r a.o", None)]
)
def test_other_links_get_openmp_if_their_inputs_refer_to_it(given: str, path: str | None) -> None:
    made = plan_call(FACTS, Call(Tool.CC, tuple(given.split()), "/work"), replace(SETTINGS, openmp=OPENMP))
    assert made.requires == ()
    assert [(library.component, library.path) for library in made.optional] == ([("openmp", path)] if path else [])
    assert not path or path in made.commands[0]


def test_static_programs_for_musl_link_openmp_statically() -> None:
    facts = replace(FACTS, program_flags=("-static", "-no-pie"))
    call = Call(Tool.CC, ("a.o", "-o", "a", "-fopenmp"), "/work")
    (command,) = plan_call(facts, call, replace(SETTINGS, openmp=OPENMP)).commands
    assert "/omp/lib/static/libomp.a" in command
    assert "/omp/lib/libomp.so" not in command


def test_the_wheel_needs_nothing_of_a_library_that_is_only_named() -> None:
    made = plan_call(FACTS, Call(Tool.CC, ("-shared", "a.o", "-lgomp"), "/work"), SETTINGS)
    assert "-lgomp" in made.commands[0]
    assert made.requires == ()
