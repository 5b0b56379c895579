"""C prototypes checked against the Fortran they declare: errors, and fixes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.toolchains.fortran.c_declarations import TranslationUnit
from crosswheel.toolchains.fortran.check_calls import fix, is_of_f2py, prototype_errors
from crosswheel.toolchains.fortran.prototypes import Prototypes

KNOWN = Prototypes.parse(
    [
        """\
extern int scale_it__(integer *n, doublereal *x);
extern doublereal trapez_(D_fp f, doublereal *a);
extern int each_(integer *n, S_fp visit);
extern Z_f zmul_(doublecomplex * ret_val, doublecomplex *a);
extern H_f greet_(char *ret_val, ftnlen ret_val_len, char *name__, ftnlen name_len);
extern real half_(real *x);
extern longint wide_(integer *a);
extern int named_(char *a, integer *n, char *b, ftnlen a_len, ftnlen b_len);
extern integer count_(void);
/* comlen my_blk__ 12 */
/*:ref: given_ 14 2 4 206 */
/*:ref: text_ 13 2 13 4 124 */
""",
        "extern int twice_(integer *n);\n/* comlen my_blk__ 20 */\n",
        "extern int twice_(integer *n, integer *m);\n",
    ]
)


def errors(text: str, *, typed_calls: bool = True) -> list[str]:
    return [str(error) for error in prototype_errors(TranslationUnit(text), KNOWN, typed_calls=typed_calls)]


@pytest.mark.parametrize(
    "text",
    [
        "int scale_it_(int *n, double *x);",
        "extern int scale_it_(const int *restrict n, double x[]);",
        "typedef int fint; fint scale_it_(fint *n, double *x);",
        "typedef unknown_t other; other scale_it_(void *n, void *x);",
        "int scale_it_();",
        "extern int scale_it_(), twice_(int *);",
        'extern "C" { int scale_it_(int *, double *); }',
        'extern "C" int scale_it_(int *, double *);',
        "double trapez_(double (*f)(double *), double *a);",
        "double trapez_(double f(double *), double *a);",
        "typedef double (*rule)(double *); double trapez_(rule f, double *a);",
        "double trapez_(void *f, double *a);",
        "void zmul_(struct z *result, struct z *a);",
        "void greet_(char *result, int length, char *name, int name_length);",
        "void greet_(char *result, size_t length, char *name, size_t name_length);",
        "float half_(float *x);",
        "long long wide_(int *a); int64_t wide_(int *a);",
        "int twice_(int *); int twice_(int *, int *);",
        "int count_(void); int count_();",
        "static void scale_it_(int n) {}",
        "void other_(int *n);",
        "int given_(int *n, float (*f)(float *));",
        "void text_(char *result, int length, char *a, int *n, int a_length);",
        'int __attribute__((visibility("default"))) scale_it_(int *n, double *x) __attribute__((weak));',
        "void run(void) { int r = scale_it_(&n, x); (void)scale_it_(&n, x); if (scale_it_(a, b)) scale_it_(c, d); }",
        "static int cb(int *i) { return 0; } void run(void) { each_(&n, cb); each_(&n, (void *)cb); }",
    ],
)
def test_declarations_that_fit(text: str) -> None:
    assert errors(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '# 1 "src/a.c"\n\nvoid scale_it_(int *n, double *x);',
            "src/a.c:2: error: scale_it_ is declared void; a SUBROUTINE is a function that returns int",
        ),
        (
            "void run(void) { extern void scale_it_(); scale_it_(n, x); }",
            "<input>:1: error: scale_it_ is declared void",
        ),
        ("int scale_it_(int *n);", "declared with 1 arguments; the SUBROUTINE has 2"),
        (
            "int scale_it_(int n, double *x);",
            "argument 1 of scale_it_ is declared int; the SUBROUTINE expects a pointer",
        ),
        ("double half_(float *x);", "half_ is declared double; a REAL FUNCTION is a function that returns float"),
        ("double _Complex zmul_(void *a);", "a COMPLEX FUNCTION is void and its first argument points to its result"),
        ("typedef struct { double r; } z; z *zmul_();", "zmul_ is declared a pointer"),
        (
            "char *greet_(char *n, int l);",
            "a CHARACTER FUNCTION is void and its first arguments are the address and",
        ),
        ("int wide_(int *a);", "wide_ is declared int; an INTEGER*8 FUNCTION is a function that returns long long"),
        ("int named_(char *a, int *n, char *b);", "including 2 trailing lengths of CHARACTER arguments"),
        ("int named_(char *, int *, char *, long long, int);", "argument 4 of named_ is declared long long"),
        (
            "int each_(int *n, void (*visit)(int *));",
            "pointer to a function that returns void; the SUBROUTINE expects",
        ),
        ("typedef void (*cb)(int *); int each_(int *n, cb visit);", "argument 2 of each_"),
        ("void given_(int *n, float (*f)());", "given_ is declared void"),
        (
            "void cb(int *i) {} void f(void) { each_(&n, (S_fp)&cb); }",
            "cb is void and is passed to each_, which calls it as a SUBROUTINE",
        ),
    ],
)
def test_declarations_that_do_not_fit(text: str, message: str) -> None:
    error, *_ = errors(text)
    assert message in error


def test_lengths_that_nobody_passes_are_a_warning_where_calls_work_all_the_same() -> None:
    (error,) = errors("int named_(char *a, int *n, char *b);", typed_calls=False)
    assert error.startswith("<input>:1: warning: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("void scale_it_(int *n, double *x);", "int scale_it_(int *n, double *x);"),
        ("extern void scale_it_(), twice_(int *);", None),
        ("extern void scale_it_(), other_(int *);", None),
        ("int each_(int *n, void (*visit)(int *));", "int each_(int *n, int (*visit)(int *));"),
        (
            "void twice_(int *n) { if (*n) return; { return ; } }",
            "int twice_(int *n) { if (*n) return 0; { return 0 ; } return 0;}",
        ),
        (
            "static void cb(int *); static void cb(int *i) { *i = 1; } void run(void) { each_(&n, cb); }",
            "static int cb(int *); static int cb(int *i) { *i = 1; return 0;} void run(void) { each_(&n, cb); }",
        ),
        (
            (
                "int scale_it_(int *, double *); void run(void (*f)(int *, double *), void (*g)(int *)) { f(n, x); }"
                " void *all[] = {(char *)scale_it_, 0};"
            ),
            (
                "int scale_it_(int *, double *); void run(int (*f)(int *, double *), void (*g)(int *)) { f(n, x); }"
                " void *all[] = {(char *)scale_it_, 0};"
            ),
        ),
        ("int scale_it_(int *, double *); void run(void (*f)(int *, double *)) { f(n, x); }", None),
        ("double half_(float *x);", None),
        ("float half_(void);", "float half_(void *);"),
        ("void named_(void);", "int named_(void *, void *, void *, int, int);"),
    ],
)
def test_mending(text: str, expected: str | None) -> None:
    unit = TranslationUnit(text)
    changed = fix(text, unit, prototype_errors(unit, KNOWN, typed_calls=True))
    assert changed == (text if expected is None else expected)
    assert expected is None or errors(changed) == []


def test_what_f2py_wrote_is_told_from_what_it_includes(tmp_path: Path) -> None:
    generated, own = tmp_path / "module.c", tmp_path / "own.h"
    generated.write_text("/* File: module.c\n * This file is auto-generated with f2py (version:2.3.1).\n */\n")
    own.write_text("void twice_(int *n);\n")
    text = f'# 1 "{generated}"\nvoid scale_it_(int *n, double *x);\n# 1 "{own}" 1\nvoid twice_(int *n);\n'
    found = prototype_errors(TranslationUnit(text), KNOWN, typed_calls=True)
    assert [(error.where.text, is_of_f2py(error)) for error in found] == [("scale_it_", True), ("twice_", False)]


def test_words_of_system_headers_are_not_read() -> None:
    assert errors('# 1 "/usr/include/x.h" 1 3\nvoid scale_it_(int);\n# 2 "a.c" 2\n') == []


def test_common_blocks_are_as_long_as_anywhere() -> None:
    assert KNOWN.commons == {"my_blk_": 20}
