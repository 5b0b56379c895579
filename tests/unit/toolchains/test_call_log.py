from crosswheel.toolchains.call_log import modules_linked

LOG = """\
# cc -c a.c -o build/a.o
cd /src && clang -c a.c -o build/a.o
# c++ -shared 'build/with blank.o' -o build/lib/pkg/_a.cpython-313-riscv64-linux-gnu.so
#   removed -L/usr/lib: a directory of the build machine
cd /src && clang -shared -o build/lib/pkg/_never_mind.so
# cc conftest.c -o conftest
# cc -shared -fPIC b.c -lm -o plain.so
# cc -c strange.so.c -o strange.so.o
# cc '-DX=a
# cc -print-file-name=libc.so
"""


def test_modules_are_known_by_what_was_linked():
    assert modules_linked(LOG) == {"_a", "plain"}


def test_nothing_is_known_of_an_empty_log():
    assert modules_linked("") == frozenset()
