"""What macros ask, by their comments and by the table."""

import pytest

from crosswheel.pythons.pyconfig import Macro
from crosswheel.pythons.pyconfig_checks import Check, CheckKind, check_for, check_table


def asked(name: str, comment: str = "") -> tuple[CheckKind, tuple[str, ...]]:
    found = check_for(Macro(name, "1", comment), "linux")
    return found.kind, found.subjects


HEADER = "Define to 1 if you have the <{}> header file"
DECLARED = "Define to 1 if you have the declaration of `{}', and to 0 if you don't."


@pytest.mark.parametrize(
    ("comment", "kind", "subject"),
    [
        (HEADER.format("asm/types.h") + ".", CheckKind.HEADER, "asm/types.h"),
        (HEADER.format("dirent.h") + ", and it defines `DIR'.", CheckKind.HEADER, "dirent.h"),
        ("Define if the compiler provides a wchar.h header file.", CheckKind.HEADER, "wchar.h"),
        ("Define to 1 if you have the `alarm' function.", CheckKind.FUNCTION, "alarm"),
        ("Define to 1 if you have the 'alarm' function.", CheckKind.FUNCTION, "alarm"),
        ("Define if you have the 'bind' function.", CheckKind.FUNCTION, "bind"),
        ("Define if you have the 'dup9' function or macro.", CheckKind.FUNCTION, "dup9"),
        ("Define to 1 if the getcpu() function is available", CheckKind.POLICY, None),
        ("The size of `void *', as computed by sizeof.", CheckKind.SIZE, "void *"),
        ("The normal alignment of `long', in bytes.", CheckKind.ALIGNMENT, "long"),
        (DECLARED.format("RTLD_NOW"), CheckKind.DECLARATION, "RTLD_NOW"),
        (
            "Define to 1 if `st_gen' is a member of `struct stat'.",
            CheckKind.CODE,
            "(void)sizeof(((struct stat *)0)->st_gen);",
        ),
        ("Define to 1 if the system has the type `clock_t'.", CheckKind.CODE, "(void)sizeof(clock_t);"),
    ],
)
def test_autoconf_s_comment_says_what_is_asked(comment: str, kind: CheckKind, subject: str | None):
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
    assert asked(name, comment) == (CheckKind.POLICY, ())


@pytest.mark.parametrize(
    "name", ["HAVE_CURSES_H", "HAVE_RL_CATCH_SIGNAL", "HAVE_FFI_PREP_CIF_VAR", "HAVE_LIBB2", "HAVE_NCURSESW"]
)
def test_libraries_of_third_parties_are_the_build_python_s_business(name: str):
    assert asked(name, "Define to 1 if you have the <curses.h> header file.") == (CheckKind.POLICY, ())


def test_a_name_that_only_begins_like_a_third_party_s_is_asked():
    assert asked("HAVE_DBM", "Define to 1 if you have the `dbm' function.")[0] is CheckKind.FUNCTION


def test_the_table_decides_before_the_comment():
    comment = "Define to 1 if you have the `lchmod' function."
    assert check_for(Macro("HAVE_LCHMOD", None, comment), "linux") == Check("HAVE_LCHMOD", CheckKind.FIXED, fixed=None)
    assert check_for(Macro("HAVE_COMPUTED_GOTOS", None, ""), "linux").fixed == "1"
    assert check_for(Macro("PY_SUPPORT_TIER", "1", ""), "linux").fixed == "0"


def test_functions_that_belong_together_are_asked_for_together():
    assert asked("HAVE_GETC_UNLOCKED") == (CheckKind.FUNCTION, ("flockfile", "getc_unlocked", "funlockfile"))


def test_no_macro_stands_in_the_table_twice():
    known = check_table("linux")
    names = [*known.fixed, *known.conditions, *known.functions, *known.code]
    assert len(names) == len(set(names))
    assert not [name for name in names if any(pattern.fullmatch(name) for pattern in known.third_party)]


def test_other_systems_answer_some_questions_otherwise():
    macro = Macro("HAVE_LCHMOD", "1", "Define to 1 if you have the 'lchmod' function.")
    assert check_for(macro, "linux").fixed is None
    assert check_for(macro, "macos").fixed == "1"
    assert check_for(Macro("_XOPEN_SOURCE", "700", ""), "macos") == Check("_XOPEN_SOURCE", CheckKind.FIXED)
    assert check_table("macos").libraries == ()
    assert check_table("macos").fixed["Py_ENABLE_SHARED"] is None
