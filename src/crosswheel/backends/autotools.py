"""configure scripts: they source the file named by CONFIG_SITE before they look at anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.backends.model import Configuration
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import architecture, libc

if TYPE_CHECKING:
    from crosswheel.backends.model import Site

# What configure would find out by running a program; true of every glibc and musl in use.
_ANSWERS = {
    "ac_cv_func_malloc_0_nonnull": "yes",
    "ac_cv_func_realloc_0_nonnull": "yes",
    "ac_cv_func_calloc_0_nonnull": "yes",
    "ac_cv_func_memcmp_working": "yes",
    "ac_cv_func_stat_empty_string_bug": "no",
    "ac_cv_func_lstat_dereferences_slashed_symlink": "yes",
    "ac_cv_func_strtod": "yes",
    "ac_cv_func_mmap_fixed_mapped": "yes",
    "ac_cv_func_fork_works": "yes",
    "ac_cv_func_vfork_works": "yes",
    "ac_cv_func_getpgrp_void": "yes",
    "ac_cv_func_setpgrp_void": "yes",
    "ac_cv_func_strerror_r_char_p": None,
    "ac_cv_func_mktime_works": "yes",
    "ac_cv_func_utime_null": "yes",
    "ac_cv_func_chown_works": "yes",
    "ac_cv_have_decl_malloc": "yes",
    "ac_cv_file__dev_ptmx": "yes",
    "ac_cv_file__dev_ptc": "no",
    "ac_cv_buggy_getaddrinfo": "no",
    "ac_cv_working_tzset": "yes",
    "ac_cv_broken_sem_getvalue": "no",
    "ac_cv_aligned_required": "no",
    "ac_cv_computed_gotos": "yes",
    "ac_cv_pthread_system_supported": "yes",
}


def configure(site: Site, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Write ``config.site``: host and build triples as if they had been given, and answers to run checks."""
    target = site.target
    abi = "gnu" if libc() == "glibc" else "musl"
    lines = [
        "# Tells every configure script of this build what it is built for.",
        f'test -n "$host_alias" || host_alias={target.triple}',
        f'test -n "$build_alias" || build_alias={architecture()}-linux-{abi}',
        "host=$host_alias; build=$build_alias",
        "cross_compiling=yes",
        f"ac_cv_c_bigendian={'yes' if target.architecture.endian == 'big' else 'no'}",
        f"ac_cv_func_strerror_r_char_p={'yes' if target.libc.name == 'glibc' else 'no'}",
        *(f"{name}={answer}" for name, answer in _ANSWERS.items() if answer),
    ]
    path = write_atomic(site.directory / "config.site", "\n".join(lines) + "\n")
    return Configuration({"CONFIG_SITE": str(path)})
