"""The C files of the probe."""

from crosswheel.pythons import check_runner as sources


def test_facts_are_quoted_lest_the_preprocessor_replaces_a_part():
    text = sources.preprocessor_program({}, {"X": "defined A"}, ["linux/can.h"], ["chflags"])
    assert '#if __has_include(<linux/can.h>)\ncrosswheel_probe "header linux/can.h"\n#endif' in text
    assert '#if defined A\ncrosswheel_probe "condition X"\n#endif' in text
    assert "defined __stub_chflags || defined __stub___chflags" in text


def test_features_come_before_any_header():
    for text in (
        sources.preprocessor_program({"_GNU_SOURCE": "1"}, {}, [], []),
        sources.compile_program({"_GNU_SOURCE": "1"}, ["stdio.h"], {}),
        sources.measure_program({"_GNU_SOURCE": "1"}, ["stdio.h"], {}),
    ):
        assert text.index("#define _GNU_SOURCE 1") < text.index("#include")


def test_every_piece_of_code_is_named_by_the_file_it_claims_to_be_from():
    text = sources.compile_program({}, [], {"HAVE_X": "(void)x;"})
    assert '#line 1 "crosswheel_probe.HAVE_X"' in text
    assert '#line 1 "crosswheel_probe.absent"' in text


def test_only_headers_that_are_there_are_included_in_the_prelude_s_order():
    text = sources.compile_program({}, {"unistd.h", "stdio.h", "no/prelude.h"}, {})
    assert [line for line in text.splitlines() if "#include" in line] == ["#include <stdio.h>", "#include <unistd.h>"]


def test_measures_are_read_from_any_object():
    text = sources.measure_program({}, [], {"SIZEOF_LONG": "sizeof(long)"})
    assert "'S','I','Z','E','O','F'" in text
    data = (
        b"\x7fELF junk crosswheel_probe:SIZEOF_LONG=+aaaaaaaaaaaaaaai;crosswheel_probe:AT_FDCWD=-aaaaaaaaaaaaaage;\0"
        b"crosswheel_probe:RLIM_INFINITY=+pppppppppppppppp;crosswheel_probe:NO_CONSTANT=?aaaaaaaaaaaaaaaa;"
    )
    assert sources.read_measures(data) == {"SIZEOF_LONG": 8, "AT_FDCWD": -100, "RLIM_INFINITY": 2**64 - 1}


def test_a_program_needs_every_symbol_by_its_own_name():
    text = sources.link_program(["acosh", "malloc"])
    assert '__asm__("acosh")' in text
    assert '__asm__("malloc")' in text
    assert "&crosswheel_probe_0, &crosswheel_probe_1" in text


def test_symbols_are_named_as_the_system_s_linker_does():
    assert '__asm__("_acosh")' in sources.link_program(["acosh"], "_")
    assert '__asm__("acosh")' in sources.link_program(["acosh"])
