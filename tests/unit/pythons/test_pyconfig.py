"""Reading, answering for and writing pyconfig.h."""

from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons import pyconfig

TEXT = """\
/* pyconfig.h.  Generated from pyconfig.h.in by configure.  */

#ifndef Py_PYCONFIG_H
#define Py_PYCONFIG_H

/* Define if building universal (internal helper macro) */
/* #undef AC_APPLE_UNIVERSAL_BUILD */

/* The size of `long', as computed by sizeof. */
#define SIZEOF_LONG 8

/* Define to 1 if you have the declaration of `RTLD_MEMBER', and to 0 if you
   don't. */
#define HAVE_DECL_RTLD_MEMBER 0

/* Define to 1 if you have the `accept4' function. */
#define HAVE_ACCEPT4 1

/* enabled builtin hash modules */
#define PY_BUILTIN_HASHLIB_HASHES "md5,sha1"

/* Enable GNU extensions on systems that have them.  */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE 1
#endif
/* Define to 1 if needed for POSIX-compatible behavior.  */
#ifndef _POSIX_SOURCE
/* # undef _POSIX_SOURCE */
#endif

/* Define WORDS_BIGENDIAN to 1 if your processor stores words with the most
   significant byte first (like Motorola and SPARC, unlike Intel). */
#if defined AC_APPLE_UNIVERSAL_BUILD
# if defined __BIG_ENDIAN__
#  define WORDS_BIGENDIAN 1
# endif
#else
# ifndef WORDS_BIGENDIAN
/* #  undef WORDS_BIGENDIAN */
# endif
#endif

/* Define to empty if `const' does not conform to ANSI C. */
/* #undef const */

/* Define the macros needed if on a UnixWare 7.x system. */
#if defined(__USLC__) && defined(__SCO_VERSION__)
#define STRICT_SYSV_CURSES /* Don't use ncurses extensions */
#endif

#endif /*Py_PYCONFIG_H*/
"""


def test_an_unchanged_file_is_written_as_it_was_read():
    assert pyconfig.parse_pyconfig(TEXT).render() == TEXT


def test_macros_come_with_their_values_and_comments():
    found = pyconfig.parse_pyconfig(TEXT)
    assert found.values == {
        "AC_APPLE_UNIVERSAL_BUILD": None,
        "SIZEOF_LONG": "8",
        "HAVE_DECL_RTLD_MEMBER": "0",
        "HAVE_ACCEPT4": "1",
        "PY_BUILTIN_HASHLIB_HASHES": '"md5,sha1"',
        "_GNU_SOURCE": "1",
        "_POSIX_SOURCE": None,
        "WORDS_BIGENDIAN": None,
        "const": None,
    }
    macro = found.macros["HAVE_DECL_RTLD_MEMBER"]
    assert macro.comment == "Define to 1 if you have the declaration of `RTLD_MEMBER', and to 0 if you don't."


def test_a_comment_belongs_to_the_next_macro_only():
    found = pyconfig.parse_pyconfig("/* one */\n#define A 1\n#define B 2\n")
    assert [found.macros[name].comment for name in "AB"] == ["one", ""]


def test_new_values_take_the_old_places():
    changed = pyconfig.parse_pyconfig(TEXT).with_values({"SIZEOF_LONG": "4", "HAVE_ACCEPT4": None, "UNHEARD_OF": "1"})
    expected = TEXT.replace("SIZEOF_LONG 8", "SIZEOF_LONG 4")
    expected = expected.replace("#define HAVE_ACCEPT4 1", "/* #undef HAVE_ACCEPT4 */")
    assert changed.render() == expected


def test_the_byte_order_is_answered_where_no_universal_build_is():
    changed = pyconfig.parse_pyconfig(TEXT).with_values({"WORDS_BIGENDIAN": "1"})
    assert "# ifndef WORDS_BIGENDIAN\n#  define WORDS_BIGENDIAN 1\n# endif" in changed.render()
    little = changed.with_values({"WORDS_BIGENDIAN": None})
    assert little.render() == TEXT


def test_a_macro_inside_a_foreign_condition_is_left_alone():
    assert "STRICT_SYSV_CURSES" not in pyconfig.parse_pyconfig(TEXT).values
    assert pyconfig.parse_pyconfig(TEXT).with_values({"STRICT_SYSV_CURSES": None}).render() == TEXT


def test_the_guard_is_no_macro_to_answer_and_stays():
    assert pyconfig.GUARD not in pyconfig.parse_pyconfig(TEXT).values
    assert pyconfig.parse_pyconfig(TEXT).with_values({pyconfig.GUARD: None}).render() == TEXT


def test_a_file_without_a_guard_gets_one():
    text = pyconfig.parse_pyconfig("/* #undef A */\n").render()
    assert text.splitlines() == [
        f"#ifndef {pyconfig.GUARD}", f"#define {pyconfig.GUARD}", "/* #undef A */", f"#endif /*{pyconfig.GUARD}*/",
    ]  # fmt: skip


def test_the_variables_are_those_that_sysconfig_makes_of_it(tmp_path: Path):
    import sysconfig

    path = tmp_path / "pyconfig.h"
    path.write_text(TEXT, "utf-8")
    with path.open(encoding="utf-8") as stream:
        assert pyconfig.parse_pyconfig(TEXT).config_vars() == sysconfig.parse_config_h(stream)


def test_the_running_python_s_own_file_survives(tmp_path: Path):
    import sysconfig

    path = Path(sysconfig.get_config_h_filename())
    if not path.is_file():
        pytest.skip("this Python came without its headers")
    text = path.read_text("utf-8")
    assert pyconfig.parse_pyconfig(text).render() == text
    with path.open(encoding="utf-8") as stream:
        assert pyconfig.parse_pyconfig(text).config_vars() == sysconfig.parse_config_h(stream)


def test_the_file_is_found_beside_the_headers(tmp_path: Path):
    include = tmp_path / "include" / "python3.13"
    include.mkdir(parents=True)
    (include / "pyconfig.h").write_text(TEXT, "utf-8")
    assert pyconfig.find_pyconfig(include) == include / "pyconfig.h"
    assert pyconfig.find_pyconfig(include, "riscv64-linux-gnu") == include / "pyconfig.h"


def test_the_file_is_found_where_debian_keeps_it(tmp_path: Path):
    include = tmp_path / "include" / "python3.13"
    split = tmp_path / "include" / "riscv64-linux-gnu" / "python3.13"
    for directory in (include, split):
        directory.mkdir(parents=True)
    (include / "pyconfig.h").write_text("#include <riscv64-linux-gnu/python3.13/pyconfig.h>\n", "utf-8")
    (split / "pyconfig.h").write_text(TEXT, "utf-8")
    assert pyconfig.find_pyconfig(include, "riscv64-linux-gnu") == split / "pyconfig.h"
    with pytest.raises(EnvironmentMissingError, match=r"no pyconfig\.h"):
        pyconfig.find_pyconfig(include, "s390x-linux-gnu")
