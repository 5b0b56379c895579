"""Every family of platforms is in every table, and what the tables name is there."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields
from importlib.util import find_spec

import pytest
from fake_hosts import NoDownloads, fake_host

from crosswheel.build_systems.autotools import _answers
from crosswheel.object_files.mismatch import Mismatch
from crosswheel.platforms import PLATFORMS, Platform, load
from crosswheel.pythons.model import CreateProvider, TargetPythonProvider
from crosswheel.pythons.probe import ProbeProvider
from crosswheel.pythons.pyconfig_checks import check_table
from crosswheel.pythons.windows import WindowsProvider
from crosswheel.runners.model import CreateRunner, Runner
from crosswheel.targets import all_targets
from crosswheel.targets.catalogue import family_names
from crosswheel.targets.selection import arch_patterns
from crosswheel.toolchains.model import PrepareTarget, Toolchain
from crosswheel.toolchains.select import NAMES, find_toolchain
from crosswheel.toolchains.zig.runtime import runtime_libraries
from crosswheel.toolchains.zig.toolchain import _ARCHITECTURES
from crosswheel.wheels.audit import CHECKS
from crosswheel.wheels.repair.formats import Repairer

PROTOCOLS = {
    "toolchains": PrepareTarget,
    "python_provider": CreateProvider,
    "runners": CreateRunner,
    "mismatch": Mismatch,
    "repairer": Repairer,
}
CREATED = {"python_provider": TargetPythonProvider, "runners": Runner}
DATA = {"family", "target", "cxx_runtime", "audit_checks", "audit_modules"}


class Everything:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:
        return (0, 0)

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        return "", ""


TARGETS = tuple(all_targets(Everything()))


def references(platform: Platform, field: str) -> tuple[str, ...]:
    value = getattr(platform, field)
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, tuple) else tuple(value.values())


def assert_accepts(found: object, declared: object) -> None:
    """A call by the declared parameters, by position or by name, is one of what was found."""
    wanted = [each for each in inspect.signature(declared).parameters.values() if each.name != "self"]
    parameters = [each for each in inspect.signature(found).parameters.values() if each.name != "self"]
    assert [each.name for each in parameters[: len(wanted)]] == [each.name for each in wanted], found
    assert all(each.default is not each.empty for each in parameters[len(wanted) :]), found


def assert_implements(created: object, protocol: type) -> None:
    members = {name: member for name, member in vars(protocol).items() if not name.startswith("_")}
    assert members
    for name, member in members.items():
        assert hasattr(created, name), (created, name)
        if inspect.isfunction(member):
            assert_accepts(getattr(type(created), name), member)


def test_each_field_is_checked_here_and_has_no_default():
    assert {field.name for field in fields(Platform)} == PROTOCOLS.keys() | DATA
    assert all(field.default is MISSING and field.default_factory is MISSING for field in fields(Platform))


def test_the_families_are_those_of_targets():
    assert PLATFORMS.keys() == set(family_names())
    assert {name: platform.family for name, platform in PLATFORMS.items()} == {name: name for name in PLATFORMS}


def test_every_target_is_of_its_family_s_class():
    assert {target.family for target in TARGETS} == PLATFORMS.keys()
    for target in TARGETS:
        assert type(target) is PLATFORMS[target.family].target


@pytest.mark.parametrize("field", PROTOCOLS)
@pytest.mark.parametrize("family", PLATFORMS)
def test_what_is_named_is_there_and_implements_its_protocol(family, field, tmp_path):
    named = references(PLATFORMS[family], field)
    assert named
    for reference in named:
        found = load(reference)
        assert_accepts(found, PROTOCOLS[field].__call__)
        if field in CREATED:
            assert_implements(found(fake_host(tmp_path, NoDownloads())), CREATED[field])


def test_a_signature_that_differs_is_noticed():
    with pytest.raises(AssertionError):
        assert_accepts(lambda binary: binary, Mismatch.__call__)
    with pytest.raises(AssertionError):
        assert_accepts(lambda binary, target, more: more, Mismatch.__call__)
    with pytest.raises(AssertionError):
        assert_implements(object(), Runner)


def test_toolchains_are_those_that_can_be_chosen(tmp_path):
    named = {name for platform in PLATFORMS.values() for name in platform.toolchains}
    assert named == set(NAMES)
    for name in NAMES:
        assert_implements(find_toolchain(fake_host(tmp_path, NoDownloads()), name), Toolchain)


def test_zig_says_which_architectures_it_has_of_each_family():
    assert _ARCHITECTURES.keys() == {family for family, each in PLATFORMS.items() if "zig" in each.toolchains}


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_data_names_what_there_is(platform):
    assert set(platform.cxx_runtime) <= {library.name for library in runtime_libraries()}
    assert all(find_spec(module) for module in platform.audit_modules)
    assert platform.audit_checks
    assert set(platform.audit_checks) <= CHECKS.keys()


def test_tables_of_data_have_every_family_and_every_system():
    systems = {target.system.name for target in TARGETS}
    probed = {"linux", "macos", "windows"}
    assert arch_patterns().keys() == PLATFORMS.keys()
    assert _answers().keys() == systems
    assert {target.system.name for target in TARGETS if asks_a_compiler(target.family)} == probed
    assert all(check_table(name).fixed for name in probed)


def asks_a_compiler(family: str) -> bool:
    return load(PLATFORMS[family].python_provider) in {ProbeProvider, WindowsProvider}
