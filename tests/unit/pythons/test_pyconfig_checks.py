"""What macros ask, by their comments and by the table."""

import pytest

from crosswheel.pythons.pyconfig import Macro
from crosswheel.pythons.pyconfig_checks import Kind, Question, question, table


def asked(name: str, comment: str = "") -> tuple[Kind, tuple[str, ...]]:
    found = question(Macro(name, "1", comment))
    return found.kind, found.subjects


HEADER = "Define to 1 if you have the <{}> header file"
DECLARED = "Define to 1 if you have the declaration of `{}', and to 0 if you don't."


@pytest.mark.parametrize(
    ("comment", "kind", "subject"),
    [
        (HEADER.format("asm/types.h") + ".", Kind.HEADER, "asm/types.h"),
        (HEADER.format("dirent.h") + ", and it defines `DIR'.", Kind.HEADER, "dirent.h"),
        ("Define if the compiler provides a wchar.h header file.", Kind.HEADER, "wchar.h"),
        ("Define to 1 if you have the `alarm' function.", Kind.FUNCTION, "alarm"),
        ("Define to 1 if you have the 'alarm' function.", Kind.FUNCTION, "alarm"),
        ("Define if you have the 'bind' function.", Kind.FUNCTION, "bind"),
        ("Define if you have the 'dup9' function or macro.", Kind.FUNCTION, "dup9"),
        ("Define to 1 if the getcpu() function is available", Kind.POLICY, None),
        ("The size of `void *', as computed by sizeof.", Kind.SIZE, "void *"),
        ("The normal alignment of `long', in bytes.", Kind.ALIGNMENT, "long"),
        (DECLARED.format("RTLD_NOW"), Kind.DECLARATION, "RTLD_NOW"),
        (
            "Define to 1 if `st_gen' is a member of `struct stat'.",
            Kind.CODE,
            "(void)sizeof(((struct stat *)0)->st_gen);",
        ),
        ("Define to 1 if the system has the type `clock_t'.", Kind.CODE, "(void)sizeof(clock_t);"),
    ],
)
def test_autoconf_s_comment_says_what_is_asked(comment: str, kind: Kind, subject: str | None):
    assert asked("SOME_MACRO", comment) == (kind, (subject,) if subject else ())


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("WITH_DOC_STRINGS", "Define if you want documentation strings in extension modules"),
        ("PY_BUILTIN_HASHLIB_HASHES", "enabled builtin hash modules"),
        ("_GNU_SOURCE", "Enable GNU extensions on systems that have them."),
        ("UNHEARD_OF", ""),
    ],
)
def test_what_nobody_can_ask_a_platform_is_policy(name: str, comment: str):
    assert asked(name, comment) == (Kind.POLICY, ())


@pytest.mark.parametrize(
    "name", ["HAVE_CURSES_H", "HAVE_RL_CATCH_SIGNAL", "HAVE_FFI_PREP_CIF_VAR", "HAVE_LIBB2", "HAVE_NCURSESW"]
)
def test_libraries_of_third_parties_are_the_build_python_s_business(name: str):
    assert asked(name, "Define to 1 if you have the <curses.h> header file.") == (Kind.POLICY, ())


def test_a_name_that_only_begins_like_a_third_party_s_is_asked():
    assert asked("HAVE_DBM", "Define to 1 if you have the `dbm' function.")[0] is Kind.FUNCTION


def test_the_table_decides_before_the_comment():
    comment = "Define to 1 if you have the `lchmod' function."
    assert question(Macro("HAVE_LCHMOD", None, comment)) == Question("HAVE_LCHMOD", Kind.FIXED, fixed=None)
    assert question(Macro("HAVE_COMPUTED_GOTOS", None, "")).fixed == "1"
    assert question(Macro("PY_SUPPORT_TIER", "1", "")).fixed == "0"


def test_functions_that_belong_together_are_asked_for_together():
    assert asked("HAVE_GETC_UNLOCKED") == (Kind.FUNCTION, ("flockfile", "getc_unlocked", "funlockfile"))


def test_no_macro_stands_in_the_table_twice():
    known = table()
    names = [*known.fixed, *known.conditions, *known.functions, *known.code]
    assert len(names) == len(set(names))
    assert not [name for name in names if any(pattern.fullmatch(name) for pattern in known.third_party)]


def test_other_systems_answer_some_questions_otherwise():
    macro = Macro("HAVE_LCHMOD", "1", "Define to 1 if you have the 'lchmod' function.")
    assert question(macro).fixed is None
    assert question(macro, "macos").fixed == "1"
    assert question(Macro("_XOPEN_SOURCE", "700", ""), "macos") == Question("_XOPEN_SOURCE", Kind.FIXED)
    assert table("macos").libraries == ()
    assert table("macos").fixed["Py_ENABLE_SHARED"] is None
