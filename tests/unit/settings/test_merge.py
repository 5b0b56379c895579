from crosswheel.settings import Settings, parse
from crosswheel.settings.merge import build_identifiers, merge_settings, resolve
from crosswheel.targets import PythonVersion, target_from_tag

RISCV = target_from_tag("manylinux_2_31_riscv64")
CP313 = PythonVersion(13)


def settings(**table: object) -> Settings:
    return parse({key.replace("_", "-"): value for key, value in table.items()}, where="a test")


def test_a_combination_is_named_by_its_platform_its_tag_and_its_alias():
    assert RISCV is not None
    names = ("cp313-manylinux_riscv64", "cp313-manylinux_2_31_riscv64", "cp313-linux-riscv64")
    assert build_identifiers(RISCV, CP313) == names
    free = PythonVersion(13, freethreaded=True)
    assert build_identifiers(RISCV, free) == tuple(name.replace("cp313", "cp313t") for name in names)


def test_what_was_set_wins_over_what_was_not():
    merged = merge_settings(settings(test=True, toolchain="gcc"), settings(toolchain="zig"))
    assert merged.test is True
    assert merged.toolchain == "zig"


def test_lists_are_replaced_and_tables_joined():
    base = settings(targets=["a", "b"], environment={"A": "1", "B": "2"}, index={"pre": True, "index-url": "x"})
    top = settings(targets=["c"], environment={"B": "3"}, index={"index-url": "y"})
    merged = merge_settings(base, top)
    assert merged.targets == ("c",)
    assert merged.environment == {"A": "1", "B": "3"}
    assert merged.index.set_fields() == {"pre": True, "index_url": "y"}


def test_overrides_come_after_the_table_in_order_and_before_the_command_line():
    table = settings(
        test_command="table",
        test_requires="table",
        test_timeout=1,
        environment={"A": "table"},
        overrides=[
            {"select": "*-riscv64", "test-command": "first", "test-requires": "first", "environment": {"B": "first"}},
            {"select": ["cp310-*", "cp313-*"], "test-requires": "second"},
            {"select": "*_s390x", "test-command": "never"},
        ],
    )
    given = settings(environment={"B": "given"})
    here = resolve((table,), given, ("cp313-manylinux_2_31_riscv64", "cp313-linux-riscv64"))
    assert (here.test_command, here.test_requires, here.test_timeout) == (("first",), ("second",), 1)
    assert here.environment == {"A": "table", "B": "given"}
    elsewhere = resolve((table,), given, ("cp312-manylinux_2_17_aarch64", "cp312-linux-aarch64"))
    assert (elsewhere.test_command, elsewhere.test_requires) == (("table",), ("table",))


def test_an_override_may_join_what_held_before():
    table = settings(
        test_command="one",
        before_build="prepare",
        environment={"A": "1", "B": "2"},
        config_settings={"a": "1"},
        overrides=[
            {
                "select": "*",
                "inherit": {
                    "test-command": "append", "before-build": "prepend", "environment": "prepend",
                    "config-settings": "none",
                },
                "test-command": "two",
                "before-build": "first",
                "environment": {"B": "3", "C": "4"},
                "config-settings": {"b": "2"},
            },
            {"select": "cp313-*", "inherit": {"environment": "append"}, "environment": {"C": "5"}},
        ],
    )  # fmt: skip
    here = resolve((table,), Settings(), ("cp313-linux-riscv64",))
    assert here.test_command == ("one", "two")
    assert here.before_build == ("first", "prepare")
    assert here.environment == {"A": "1", "B": "2", "C": "5"}
    assert here.config_settings == {"b": ("2",)}


def test_a_later_table_wins_over_an_earlier_one_and_over_its_overrides():
    fallback = settings(
        test_command="fallback",
        test_requires="fallback",
        environment={"A": "1"},
        overrides=[{"select": "*", "test-command": "fallback's override", "before-build": "prepare"}],
    )
    own = settings(
        test_command="own", environment={"B": "2"}, overrides=[{"select": "cp313-*", "test-requires": "override"}]
    )
    here = resolve((fallback, own), Settings(), ("cp313-linux-riscv64",))
    assert here.test_command == ("own",)
    assert here.test_requires == ("override",)
    assert here.before_build == ("prepare",)
    assert here.environment == {"B": "2"}
