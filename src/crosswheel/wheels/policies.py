"""What Linux's platform tags allow: auditwheel's policies, looked up by tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from crosswheel.targets import LinuxTarget, target_from_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOADER = re.compile(r"ld-linux[\w-]*\.so\.\d|ld64\.so\.\d|ld\.so\.1|ld-musl-\w+\.so\.1")


@dataclass(frozen=True, slots=True)
class Policy:
    """What modules under a tag may need.

    :param libraries: names for DT_NEEDED; ``versions`` the allowed symbol versions by their prefix.
    """

    libraries: frozenset[str]
    versions: Mapping[str, frozenset[str]]

    def allows_library(self, library: str) -> bool:
        """Whether every system has that library; the dynamic loader is there wherever a program runs."""
        return library in self.libraries or _LOADER.fullmatch(library) is not None


@cache
def policy_for(tag: str) -> Policy | None:
    """auditwheel's policy for a tag; for a version between two policies, that of the lower one."""
    target = target_from_tag(tag)
    if not isinstance(target, LinuxTarget):
        return None
    # Here, since importing them takes a tenth of a second that wheels for other platforms do not need.
    from auditwheel.architecture import Architecture
    from auditwheel.libc import Libc
    from auditwheel.policy import WheelPolicies

    known = [version for version in target.libc.policies[target.architecture.name] if version <= target.version]
    if not known:
        return None
    base = f"{target.libc.tag}_{known[-1][0]}_{known[-1][1]}_{target.architecture.name}"
    libc = Libc.MUSL if target.libc.name == "musl" else Libc.GLIBC
    name = f"musllinux_{known[-1][0]}_{known[-1][1]}" if libc is Libc.MUSL else None
    policies = WheelPolicies(libc=libc, arch=Architecture(target.architecture.name), musl_policy=name)
    found = policies.get_policy_by_name(base)
    versions = {prefix: frozenset(f"{prefix}_{v}" for v in vs) for prefix, vs in found.symbol_versions.items()}
    return Policy(frozenset(found.whitelist), versions)
