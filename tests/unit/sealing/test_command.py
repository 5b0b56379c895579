"""bubblewrap's command line."""

from __future__ import annotations

from pathlib import Path

from crosswheel.sealing.command import SealedView, binfmt_command, bwrap_command, split_environment
from crosswheel.sealing.model import BinfmtRule, Mount


def mount(path: str, outside: str = "", *, writable: bool = False) -> Mount:
    return Mount(Path(outside or path), Path(path), writable)


VIEW = SealedView(
    mounts=(
        mount("/usr/local/bin/python3"),
        mount("/build/env", "/tmp/x/env"),
        mount("/usr"),
        mount("/build", "/tmp/x", writable=True),
        mount("/proc/cpuinfo", "/tmp/x/cpuinfo"),
    ),
    links={Path("/bin"): "usr/bin"},
    empty=(Path("/usr/local"),),
)


def words(view: SealedView = VIEW, env: dict[str, str] | None = None) -> list[str]:
    return list(bwrap_command(("/usr/bin/bwrap",), view, ("make", "-j2"), "/build/source", env or {}))


def position(found: list[str], *part: str) -> int:
    return next(at for at in range(len(found)) if found[at : at + len(part)] == list(part))


def test_a_whole_command() -> None:
    assert words(SealedView((mount("/usr"),), {Path("/bin"): "usr/bin"})) == [
        "/usr/bin/bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
        "--uid", "1000", "--gid", "1000", "--hostname", "localhost", "--symlink", "usr/bin", "/bin",
        "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/usr", "/usr", "--remount-ro", "/",
        "--chdir", "/build/source", "--", "make", "-j2",
    ]  # fmt: skip


def test_directories_are_mounted_before_what_is_in_them() -> None:
    found = words()
    usr = position(found, "--ro-bind", "/usr", "/usr")
    local = position(found, "--tmpfs", "/usr/local")
    python = position(found, "--ro-bind", "/usr/local/bin/python3", "/usr/local/bin/python3")
    read_only = position(found, "--remount-ro", "/usr/local")
    assert usr < local < python < read_only
    assert position(found, "--bind", "/tmp/x", "/build") < position(found, "--ro-bind", "/tmp/x/env", "/build/env")
    assert position(found, "--proc", "/proc") < position(found, "--ro-bind", "/tmp/x/cpuinfo", "/proc/cpuinfo")


def test_only_what_is_writable_can_be_written() -> None:
    assert words().count("--bind") == 1
    assert position(words(), "--remount-ro", "/", "--chdir")


def test_the_network_is_taken_away_on_request() -> None:
    assert "--unshare-net" not in words()
    assert "--unshare-net" in words(SealedView(VIEW.mounts, VIEW.links, network=False))


def test_variables_are_no_arguments_unless_they_change_bubblewrap_itself() -> None:
    env = {"PIP_INDEX_URL": "https://me:secret@example.org", "LD_PRELOAD": "/build/x.so", "LDFLAGS": "-s"}
    found = words(env=env)
    assert "secret" not in " ".join(found)
    assert position(found, "--setenv", "LD_PRELOAD", "/build/x.so") > position(found, "--remount-ro", "/")
    assert split_environment(env) == {"PIP_INDEX_URL": "https://me:secret@example.org", "LDFLAGS": "-s"}


def test_rules_are_registered_in_an_outer_namespace() -> None:
    rule = BinfmtRule("riscv64", b"\x7fELF", b"\xff\xff\xff\xff", Path("/build/run"))
    line = r":riscv64:M::\x7f\x45\x4c\x46:\xff\xff\xff\xff:/build/run:P"
    found = binfmt_command("/usr/bin/unshare", (rule.registration(),), ("bwrap", "make"))
    assert found[:4] == ("/usr/bin/unshare", "--user", "--map-root-user", "--mount")
    assert found[-4:] == (line, "--", "bwrap", "make")
    assert "binfmt_misc" in found[6]


def test_without_rules_there_is_no_outer_namespace() -> None:
    assert binfmt_command("/usr/bin/unshare", (), ("bwrap", "make")) == ("bwrap", "make")
