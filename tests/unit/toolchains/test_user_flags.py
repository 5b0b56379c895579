import pytest

from crosswheel.toolchains.model import Call, Tool, UserFlags, add_user_flags

FLAGS = UserFlags(("-DC",), ("-std=c++20",), ("-lm",))


@pytest.mark.parametrize(
    ("tool", "args", "added"),
    [
        (Tool.CC, "-c a.c -o a.o", "-DC"),
        (Tool.CC, "-c a.cc -o a.o", "-DC -std=c++20"),
        (Tool.CXX, "-c a.c -o a.o", "-DC -std=c++20"),
        (Tool.CC, "-E a.c", "-DC"),
        (Tool.CC, "-shared a.o -o a.so", "-lm"),
        (Tool.CC, "-shared a.c b.o -o a.so", "-DC -lm"),
        (Tool.CC, "--version", ""),
        (Tool.CC, "-print-search-dirs", ""),
        (Tool.AR, "rcs a.a a.o", ""),
        (Tool.LD, "-shared a.o", ""),
    ],
)
def test_words_are_added_where_they_belong(tool, args, added):
    call = Call(tool, tuple(args.split()), "/build")
    assert add_user_flags(call, FLAGS).arguments == (*call.arguments, *added.split())


def test_nothing_given_is_nothing_added():
    call = Call(Tool.CC, ("-c", "a.c"), "/build")
    assert add_user_flags(call, UserFlags()) is call
