#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>

typedef struct { float r, i; } single_complex;
typedef struct { double r, i; } double_complex;
typedef int length;

/* Subroutines are int functions, COMPLEX and CHARACTER functions take their result's place first. */
int scale_it_(int *n, double *x, double *factor);
double trapez_(double (*f)(double *), double *a, double *b, int *n);
int each_(int *n, double *x, int (*visit)(int *, double *));
int twice_(int *n, double *x);
void zmul_(double_complex *result, double_complex *a, double_complex *b);
void cadd_(single_complex *result, single_complex *a, single_complex *b);
int ztest_(double_complex *out);
float reals_(float *x);
int same_(const char *a, const char *b, length a_length, length b_length);
void greet_(char *result, length result_length, const char *name, length name_length);
int describe_(int *n, double *x, char *text, length text_length);
long long wide_(int *a, int *b);
int chosen_(int *n);
int fact_(int *n, int *result);
int add_to_(double *x);
double ending_(void);
int steps_(int *n);

extern struct { int count; double total; } shared_;

static double seen;

static double square(double *x) { return *x * *x; }

static int visit(int *i, double *x)
{
    seen += *i * *x;
    return 0;
}

static PyObject *all(PyObject *self, PyObject *arguments)
{
    int n = 3, many = 1000, zero = 0, one = 1, two = 2, five = 5, steps = 4, result = 0, big = 2000000000;
    double x[] = {1, 2, 3}, factor = 2, a = 0, b = 3, added = 0.5;
    double_complex z, p = {1, 2}, q = {3, 4}, zz;
    single_complex c, r = {1, 1}, s = {0, 5};
    float real = 5;
    char text[24], greeting[12];

    scale_it_(&n, x, &factor);
    double integral = trapez_(square, &a, &b, &many);
    each_(&n, x, visit);
    twice_(&n, x);
    zmul_(&z, &p, &q);
    cadd_(&c, &r, &s);
    ztest_(&zz);
    describe_(&steps, &added, text, sizeof text);
    greet_(greeting, sizeof greeting, "you", 3);
    fact_(&five, &result);
    add_to_(&added);
    steps_(&steps);
    return Py_BuildValue(
        "{s:[ddd],s:O,s:d,s:(dd),s:(ff),s:(dd),s:f,s:[ii],s:s#,s:s#,s:L,s:[iii],s:i,s:(id),s:d,s:i}",
        "scaled", x[0], x[1], x[2], "integral", fabs(integral - 9) < 1e-5 ? Py_True : Py_False, "seen", seen,
        "zmul", z.r, z.i, "cadd", c.r, c.i, "ztest", zz.r, zz.i, "reals", reals_(&real),
        "same", same_("abc", "abc  ", 3, 5) != 0, same_("abc", "abd", 3, 3) != 0,
        "text", text, (Py_ssize_t)sizeof text, "greeting", greeting, (Py_ssize_t)sizeof greeting,
        "wide", wide_(&big, &five), "chosen", chosen_(&zero), chosen_(&one), chosen_(&two), "factorial", result,
        "shared", shared_.count, shared_.total, "ending", ending_(), "steps", steps);
}

static PyMethodDef methods[] = {{"all", all, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "seventyseven", NULL, -1, methods};

PyMODINIT_FUNC PyInit_seventyseven(void) { return PyModule_Create(&module); }
