"""Questions answered by a compiler, and compilers that cannot be trusted to have answered."""

from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.pythons.check_runner import CheckRunner, ProbeError
from crosswheel.pythons.pyconfig_checks import Check, CheckKind

QUESTIONS = (
    Check("HAVE_STDIO_H", CheckKind.HEADER, ("stdio.h",)),
    Check("HAVE_IO_H", CheckKind.HEADER, ("io.h",)),
    Check("WORDS_BIGENDIAN", CheckKind.CONDITION, ("BIG",)),
    Check("HAVE_ASM", CheckKind.CONDITION, ("ASM",)),
    Check("HAVE_ACOSH", CheckKind.FUNCTION, ("acosh",)),
    Check("HAVE_DUP9", CheckKind.FUNCTION, ("dup9",)),
    Check("HAVE_CHFLAGS", CheckKind.FUNCTION, ("chflags",)),
    Check("HAVE_BOTH", CheckKind.FUNCTION, ("acosh", "dup9")),
    Check("HAVE_TWO", CheckKind.FUNCTION, ("acosh", "erf")),
    Check("HAVE_ALTZONE", CheckKind.CODE, ("(void)altzone;",)),
    Check("HAVE_SSIZE_T", CheckKind.CODE, ("ssize_t a;",)),
    Check("HAVE_DECL_NO", CheckKind.DECLARATION, ("NO",)),
    Check("HAVE_DECL_YES", CheckKind.DECLARATION, ("YES",)),
    Check("SIZEOF_LONG", CheckKind.SIZE, ("long",)),
    Check("SIZEOF_NONE", CheckKind.SIZE, ("none_t",)),
    Check("ALIGNOF_LONG", CheckKind.ALIGNMENT, ("long",)),
    Check("HAVE_COMPUTED_GOTOS", CheckKind.FIXED, fixed="1"),
    Check("HAVE_BROKEN_POLL", CheckKind.FIXED, fixed=None),
    Check("WITH_DOC_STRINGS", CheckKind.POLICY),
)


@pytest.fixture
def platform(compiler):
    """A platform with acosh, erf and chflags, the last of them a stub that only fails."""
    return compiler(
        conditions=frozenset({"BIG"}),
        stubs=frozenset({"chflags"}),
        wrong=frozenset({"absent", "HAVE_ALTZONE", "HAVE_DECL_NO", "SIZEOF_NONE"}),
        numbers={"sizeof(long)": 4, "_Alignof(long)": 8},
        symbols=frozenset({"printf", "acosh", "erf", "chflags"}),
    )


@pytest.fixture
def probe(make_host, toolchain, tmp_path):
    def run(platform, questions=QUESTIONS, toolchain=toolchain):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return CheckRunner(make_host(platform), toolchain, {"_GNU_SOURCE": "1"}, work).run_checks(questions)

    return run


ANSWERS = {
    "HAVE_STDIO_H": "1",
    "HAVE_IO_H": None,
    "WORDS_BIGENDIAN": "1",
    "HAVE_ASM": None,
    "HAVE_ACOSH": "1",
    "HAVE_DUP9": None,
    "HAVE_CHFLAGS": None,
    "HAVE_BOTH": None,
    "HAVE_TWO": "1",
    "HAVE_ALTZONE": None,
    "HAVE_SSIZE_T": "1",
    "HAVE_DECL_NO": "0",
    "HAVE_DECL_YES": "1",
    "SIZEOF_LONG": "4",
    "SIZEOF_NONE": "0",
    "ALIGNOF_LONG": "8",
    "HAVE_COMPUTED_GOTOS": "1",
    "HAVE_BROKEN_POLL": None,
}


def test_every_kind_of_question_is_answered(probe, platform):
    assert probe(platform) == ANSWERS


def test_a_handful_of_compiler_runs_is_enough(probe, platform):
    probe(platform)
    assert platform.stages == ["preprocess", "compile", "measure", "link", "link"]


def test_a_linker_that_names_one_symbol_at_a_time_is_asked_until_it_links(probe, platform):
    platform.at_once = 1
    questions = [Check(f"HAVE_{name.upper()}", CheckKind.FUNCTION, (name,)) for name in ("a1", "a2", "z9", "acosh")]
    assert probe(platform, questions) == {"HAVE_A1": None, "HAVE_A2": None, "HAVE_Z9": None, "HAVE_ACOSH": "1"}
    assert platform.stages.count("link") == 5


def test_a_linker_that_never_comes_to_an_end_is_given_up(probe, platform):
    platform.at_once = 1
    with pytest.raises(ProbeError, match="linking"):
        probe(platform, [Check(f"HAVE_{n}", CheckKind.FUNCTION, (f"f{n}",)) for n in range(50)])


def test_messages_of_gnu_ld_are_understood(probe, platform, toolchain):
    link = platform.link

    def gnu(source):
        status, out, err = link(source)
        return status, out, "".join(
            f"/usr/bin/ld: probe.o:(.data.rel.ro+0x8): undefined reference to `{line.split()[-1]}'\n"
            for line in err.splitlines()
        )  # fmt: skip

    platform.link = gnu
    assert probe(platform, toolchain=replace(toolchain, compiler_id="gcc")) == ANSWERS


class TestNoAnswerIsNoAnswer:
    """Each stage has controls: something that is there and something that is not."""

    @pytest.mark.parametrize(
        ("stage", "outcome", "message"),
        [
            ("preprocess", (1, "", "error: no such program"), "preprocessing"),
            ("preprocess", (0, "", ""), "preprocessing"),
            ("compile", (0, "", ""), "compiling"),
            ("compile", (1, "", "clang: error: unknown argument"), "compiling"),
            ("compile", (1, "", "crosswheel_probe.absent:1:1: error: a\nprobe.c:9:1: error: b"), "compiling"),
            ("measure", (1, "", "error: out of memory"), "measuring"),
            ("link", (0, "", ""), "linking"),
            ("link", (1, "", "ld.lld: error: unable to find library -lm"), "linking"),
            ("link", (1, "", "ld.lld: error: undefined symbol: __libc_start_main"), "linking"),
        ],
    )
    def test_a_stage_that_fails_or_succeeds_wrongly(self, probe, platform, stage, outcome, message):
        setattr(platform, stage, lambda *_: outcome)
        with pytest.raises(ProbeError, match=message):
            probe(platform)

    def test_an_object_without_the_measures(self, probe, platform):
        def measure(_source, request):
            Path(request.argv[-1]).write_bytes(b"crosswheel_probe:SIZEOF_LONG=+aaaaaaaaaaaaaaae;")
            return 0, "", ""

        platform.measure = measure
        with pytest.raises(ProbeError, match="measuring"):
            probe(platform)

    def test_a_linker_that_lacks_even_printf(self, probe, platform):
        platform.symbols -= {"printf"}
        with pytest.raises(ProbeError, match="linking"):
            probe(platform)

    def test_a_preprocessor_that_finds_every_header(self, probe, platform):
        platform.headers |= {"crosswheel_probe_absent.h"}
        with pytest.raises(ProbeError, match="preprocessing"):
            probe(platform)
