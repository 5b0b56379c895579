"""Questions answered by a compiler, and compilers that cannot be trusted to have answered."""

from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.pythons.check_runner import ProbeError, Prober
from crosswheel.pythons.pyconfig_checks import Kind, Question

QUESTIONS = (
    Question("HAVE_STDIO_H", Kind.HEADER, ("stdio.h",)),
    Question("HAVE_IO_H", Kind.HEADER, ("io.h",)),
    Question("WORDS_BIGENDIAN", Kind.CONDITION, ("BIG",)),
    Question("HAVE_ASM", Kind.CONDITION, ("ASM",)),
    Question("HAVE_ACOSH", Kind.FUNCTION, ("acosh",)),
    Question("HAVE_DUP9", Kind.FUNCTION, ("dup9",)),
    Question("HAVE_CHFLAGS", Kind.FUNCTION, ("chflags",)),
    Question("HAVE_BOTH", Kind.FUNCTION, ("acosh", "dup9")),
    Question("HAVE_TWO", Kind.FUNCTION, ("acosh", "erf")),
    Question("HAVE_ALTZONE", Kind.CODE, ("(void)altzone;",)),
    Question("HAVE_SSIZE_T", Kind.CODE, ("ssize_t a;",)),
    Question("HAVE_DECL_NO", Kind.DECLARATION, ("NO",)),
    Question("HAVE_DECL_YES", Kind.DECLARATION, ("YES",)),
    Question("SIZEOF_LONG", Kind.SIZE, ("long",)),
    Question("SIZEOF_NONE", Kind.SIZE, ("none_t",)),
    Question("ALIGNOF_LONG", Kind.ALIGNMENT, ("long",)),
    Question("HAVE_COMPUTED_GOTOS", Kind.FIXED, fixed="1"),
    Question("HAVE_BROKEN_POLL", Kind.FIXED, fixed=None),
    Question("WITH_DOC_STRINGS", Kind.POLICY),
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
def probe(make_host, kit, tmp_path):
    def run(platform, questions=QUESTIONS, kit=kit):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return Prober(make_host(platform), kit, {"_GNU_SOURCE": "1"}, work).answers(questions)

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
    questions = [Question(f"HAVE_{name.upper()}", Kind.FUNCTION, (name,)) for name in ("a1", "a2", "z9", "acosh")]
    assert probe(platform, questions) == {"HAVE_A1": None, "HAVE_A2": None, "HAVE_Z9": None, "HAVE_ACOSH": "1"}
    assert platform.stages.count("link") == 5


def test_a_linker_that_never_comes_to_an_end_is_given_up(probe, platform):
    platform.at_once = 1
    with pytest.raises(ProbeError, match="linking"):
        probe(platform, [Question(f"HAVE_{n}", Kind.FUNCTION, (f"f{n}",)) for n in range(50)])


def test_messages_of_gnu_ld_are_understood(probe, platform, kit):
    link = platform.link

    def gnu(source):
        status, out, err = link(source)
        return status, out, "".join(
            f"/usr/bin/ld: probe.o:(.data.rel.ro+0x8): undefined reference to `{line.split()[-1]}'\n"
            for line in err.splitlines()
        )  # fmt: skip

    platform.link = gnu
    assert probe(platform, kit=replace(kit, compiler_id="gcc")) == ANSWERS


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
            Path(request.argv[-1]).write_bytes(b"crosswheel_probe:SIZEOF_LONG=0004;")
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
