from __future__ import annotations

from pathlib import Path

import pytest
from sdks import INNER, LIBRARY, TINY, made_sdk

from crosswheel.errors import EnvironmentMissingError, UsageError
from crosswheel.toolchains.zig.macos.sdk import Sdk, find_sdk


def test_it_is_asked_for_or_named_by_the_environment(tmp_path):
    one, other = made_sdk(tmp_path / "one"), made_sdk(tmp_path / "other")
    assert find_sdk(None, {}) is None
    assert find_sdk(None, {"SDKROOT": ""}) is None
    assert find_sdk(None, {"SDKROOT": str(other)}) == Sdk(other, "1.0")
    assert find_sdk(one, {"SDKROOT": str(other)}) == Sdk(one, "1.0")
    assert Sdk(one, "1.0").identity != Sdk(other, "1.0").identity


@pytest.mark.parametrize(("given", "environ", "where"), [("x", {}, "--sdk"), (None, {"SDKROOT": "/x"}, "SDKROOT")])
def test_anything_else_is_refused(tmp_path, given, environ, where):
    with pytest.raises(UsageError, match="not an SDK of macOS") as caught:
        find_sdk(tmp_path / given if given else None, environ)
    assert caught.value.where == where


@pytest.mark.parametrize("settings", [None, "{", "[]", "{}"])
def test_its_version_may_be_unknown(tmp_path, settings):
    path = made_sdk(tmp_path)
    (path / "SDKSettings.json").unlink()
    if settings is not None:
        (path / "SDKSettings.json").write_text(settings)
    assert find_sdk(path, {}) == Sdk(path, "unknown")


def test_what_a_framework_passes_on_is_written_beside_it(tmp_path):
    text = Sdk(made_sdk(tmp_path), "1.0").stub("Tiny")
    assert [text.count(f"install-name:    '{name}'") for name in (TINY, LIBRARY, INNER)] == [1, 1, 1]
    assert (text.count("--- !tapi-tbd"), text.count("\n...\n")) == (3, 1)
    assert text.endswith("\n...\n")


def test_a_framework_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EnvironmentMissingError, match="has no framework Gone"):
        Sdk(made_sdk(tmp_path), "1.0").stub("Gone")


def test_a_library_that_the_sdk_does_not_have_is_left_to_the_linker(tmp_path):
    path = made_sdk(tmp_path)
    Path(f"{path}{INNER}.tbd").unlink()
    assert Sdk(path, "1.0").stub("Tiny").count("--- !tapi-tbd") == 2
