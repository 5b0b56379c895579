"""Rewriting of Fortran before f2c, and of C after it."""

from __future__ import annotations

import pytest

from crosswheel.toolchains.fortran.f2c import f2c_header, make_subroutines_int
from crosswheel.toolchains.fortran.f90_compat import f90_statement, rewrite, to_f2c_input, to_fixed_form
from crosswheel.toolchains.fortran.translate import (
    fix_intrinsic_results,
    make_large_locals_static,
    pad_common_blocks,
    use_gfortran_names,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int my_sub__(int *n);", "int my_sub_(int *n);"),
        ("#define my_blk__1 my_blk__", "#define my_blk__1 my_blk_"),
        ("sub_(x__); MAIN__();", "sub_(x__); MAIN__();"),
        ("/* f2c's my_blk__ */ my_sub__(); /* doesn't */", "/* f2c's my_blk_ */ my_sub_(); /* doesn't */"),
        ('f("my_sub__ \\" my_sub__", my_sub__);', 'f("my_sub__ \\" my_sub__", my_sub_);'),
    ],
)
def test_names_are_those_of_gfortran(text: str, expected: str) -> None:
    assert use_gfortran_names(text) == expected


def test_real_intrinsics_that_are_passed_return_float() -> None:
    changed = fix_intrinsic_results('#include "f2c.h"\nf_((R_fp)r_sin, (R_fp)r_mod, (R_fp)g);\n')
    assert "static real crosswheel_r_sin(real *x) { return (real)r_sin(x); }" in changed
    assert "static real crosswheel_r_mod(real *x, real *y) { return (real)r_mod(x, y); }" in changed
    assert changed.endswith("f_((R_fp)crosswheel_r_sin, (R_fp)crosswheel_r_mod, (R_fp)g);\n")
    assert fix_intrinsic_results("f_(r_sin(x));") == "f_(r_sin(x));"


def test_common_blocks_get_the_length_they_have_elsewhere() -> None:
    text = "Extern struct {\n    integer n;\n} a_;\n\nunion {\n    struct {\n\tinteger n;\n    } _1;\n} b_;\n"
    changed = pad_common_blocks(text, {"a_": 4, "b_": 4}, {"a_": 12, "b_": 16})
    assert "    integer n;\n    char crosswheel_rest[8];\n} a_;" in changed
    assert "    char crosswheel_rest[16];\n} b_;" in changed
    assert pad_common_blocks(text, {"a_": 4, "b_": 4}, {"a_": 4, "b_": 4}) == text
    assert pad_common_blocks(text, {}, {"a_": 12}) == text


def test_initial_values_of_common_blocks_stay() -> None:
    text = "struct {\n    integer n;\n    doublereal e_2;\n} a_ = { 5, 1.5 };\n"
    assert "char crosswheel_rest[84];\n} a_ = { 5, 1.5 };" in pad_common_blocks(text, {"a_": 16}, {"a_": 100})


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("      RECURSIVE SUBROUTINE A(N)", None, "                SUBROUTINE A(N)"),
        ("      recursive integer function a(n)", None, "                integer function a(n)"),
        ("      RECURSIVE = 1", None, "      RECURSIVE = 1"),
        ("C     RECURSIVE SUBROUTINE A", None, "C     RECURSIVE SUBROUTINE A"),
        ("      X = 1" + 80 * " " + "+ 2", None, "      X = 1" + 80 * " " + "+ 2"),
        ("      X = " + 70 * "1", 0, "      X = " + 62 * "1" + "\n     &" + 8 * "1"),
        ("      X = " + 70 * "1", 75, "      X = " + 62 * "1" + "\n     &" + 3 * "1"),
        ("! " + 100 * "-", 0, "! " + 100 * "-"),
    ],
)
def test_source_as_f2c_takes_it(text: str, length: int | None, expected: str) -> None:
    assert to_f2c_input(text, "a.f", length) == f'# 1 "a.f"\n{expected}\n'


def test_preprocessed_source_names_its_own_lines() -> None:
    assert to_f2c_input('# 1 "b.F"\n      END\n', "b.F") == '# 1 "b.F"\n      END\n'


def test_what_fortran_77_has_words_for_is_said_in_them() -> None:
    text = """\
      CHARACTER(LEN=3), INTENT(IN) :: NAME
      REAL, EXTERNAL :: F,
     $                  G
      X = AIMAG( Z )
      DO I = 1, N
         IF( I.EQ.3 .OR.
     $       I.EQ.5 ) CYCLE
         DO 10 J = 1, N
            IF( J.EQ.2 ) CYCLE
            IF( X.LT.0. ) EXIT
 10      CONTINUE
         DO WHILE( X.GT.0. )
            EXIT
         END DO
      END DO
      DOT = EXIT( 1, 2 )
"""
    assert [" ".join(line.split()) for line in rewrite(text).splitlines() if not line.startswith("#")] == [
        "CHARACTER*(3) NAME",
        "REAL F,",
        "& G",
        "EXTERNAL F,",
        "& G",
        "X = IMAG( Z )",
        "DO I = 1, N",
        "IF( I.EQ.3 .OR.",
        "& I.EQ.5 ) GOTO 99999",
        "DO 10 J = 1, N",
        "IF( J.EQ.2 ) GOTO 10",
        "IF( X.LT.0. ) GOTO 99998",
        "10 CONTINUE",
        "99998 CONTINUE",
        "DO WHILE( X.GT.0. )",
        "GOTO 99997",
        "END DO",
        "99997 CONTINUE",
        "99999 CONTINUE",
        "END DO",
        "DOT = EXIT( 1, 2 )",
    ]


def test_lines_that_come_in_have_markers_of_the_next_line() -> None:
    text = to_f2c_input("      DO I = 1, N\n         EXIT\n      END DO\n      X = 1\n", "a.f")
    assert text.endswith('      END DO\n99999 CONTINUE\n# 4 "a.f"\n      X = 1\n')


@pytest.mark.parametrize(
    "text",
    [
        "      SUBROUTINE CYCLE\n      END\n",
        "C     EXIT\n      X = 'EXIT'\n      END\n",
        "      INTEGER :: N = 3\n",
        "      EXIT\n",
    ],
)
def test_what_has_no_words_in_fortran_77_stays(text: str) -> None:
    assert rewrite(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("      MODULE THINGS", "a module"),
        ("      use iso_c_binding", "USE"),
        ("      use, intrinsic :: iso_c_binding, only: c_int", "USE"),
        ("      INTEGER, ALLOCATABLE :: A(:)", "an attribute"),
        ("      REAL(8) X", "a kind"),
        ("      SELECT CASE (N)", "SELECT CASE"),
        ("      PURE SUBROUTINE A", "PURE or ELEMENTAL"),
        ("program hello", "free form"),
        ("      SUBROUTINE A\n      CONTAINS", "CONTAINS"),
    ],
)
def test_later_fortran_is_recognised(text: str, expected: str) -> None:
    statement = f90_statement(text)
    assert statement is not None
    assert statement == (text.count("\n") + 1, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'program main; print *, "a; b! &"; end program main ! done\n',
            '# 1 "a"\n      program main\n# 1 "a"\n      print *, "a; b! &"\n# 1 "a"\n      end program main\n',
        ),
        ("x = 1 + & ! one\n\n  & 2\n10 continue", '# 1 "a"\n      x = 1 +  2\n# 4 "a"\n10    continue\n'),
        ('# 5 "b.F90"\nx = "' + 70 * "1" + '"', f'# 5 "b.F90"\n      x = "{61 * "1"}\n     &{9 * "1"}"\n'),
    ],
)
def test_free_form_becomes_fixed_form(text: str, expected: str) -> None:
    assert to_fixed_form(text, "a") == expected


@pytest.mark.parametrize(
    "text",
    [
        "      SUBROUTINE A(N)",
        "      USE = 1",
        "      TYPE = 2",
        "      REAL*8 X",
        "      CHARACTER*(*) S",
        "* a :: b",
        "",
    ],
)
def test_fortran_77_is_not_taken_for_later(text: str) -> None:
    assert f90_statement(text) is None


def test_the_header_is_the_same_for_all_sizes_of_long() -> None:
    text = f2c_header("typedef long int integer;\ntypedef unsigned long int uinteger;\ntypedef long int flag;\n")
    assert "typedef int integer;\ntypedef unsigned int uinteger;\ntypedef int flag;\n" in text


def test_subroutines_of_libf2c_are_int_functions() -> None:
    text = " VOID\n#ifdef KR_headers\ns_cat(lp) char *lp;\n#else\ns_cat(char *lp)\n#endif\nextern void exit_(integer*);"
    changed = make_subroutines_int(text)
    assert changed.startswith(" int\n#ifdef KR_headers\ns_cat(")
    assert "extern int exit_(" in changed


def test_large_local_arrays_are_static() -> None:
    text = (
        "    /* Local variables */\n    extern doublereal f_(doublereal *);\n    integer i__;\n"
        "    doublereal x, w[20000]\t/* was [100][200] */, v[8192];\n    static real s[99999];\n\n    /* Body */\n"
        "    doublereal y[20000];\n"
    )
    changed = make_large_locals_static(text)
    assert "    static doublereal w[20000]\t/* was [100][200] */;\n    doublereal x, v[8192];\n" in changed
    assert (
        changed.replace("    static doublereal w[20000]\t/* was [100][200] */;\n", "").replace(
            "x, v[8192]", "x, w[20000]\t/* was [100][200] */, v[8192]"
        )
        == text
    )
