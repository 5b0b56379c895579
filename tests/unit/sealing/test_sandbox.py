"""What sealed programs are started with, and what the same programs get without a seal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fake_hosts import NoDownloads, fake_host

from crosswheel.host import Host
from crosswheel.sealing import MachineView, Mount, Network, Sandbox, Seal, SealSupport, open_sandbox
from crosswheel.sealing.network import network_error

SEAL = Seal(SealSupport(("/usr/bin/bwrap",), "/usr/bin/unshare"))


def host(place: Path, **environ: str) -> Host:
    return fake_host(place, NoDownloads(), lambda _request: (0, "", ""), environ)


def test_programs_without_a_seal_run_as_they_are_requested(tmp_path: Path) -> None:
    machine = host(tmp_path)
    Sandbox(machine, tmp_path).run("make", tmp_path / "a", cwd=tmp_path, env={"A": str(tmp_path)}, stdin="x", timeout=3)
    (request,) = machine.runner.requests
    assert request.argv == ("make", str(tmp_path / "a"))
    assert (request.env, request.cwd, request.stdin, request.timeout) == ({"A": str(tmp_path)}, tmp_path, "x", 3)


def test_sealed_programs_get_paths_that_they_see(tmp_path: Path) -> None:
    machine = host(tmp_path)
    sandbox = Sandbox(machine, tmp_path, SEAL)
    sandbox.run("make", tmp_path / "a", cwd=tmp_path / "b", env={"A": f"{machine.cache}/x"}, stdin=f"{tmp_path}\n")
    (request,) = machine.runner.requests
    assert request.argv[0] == "/usr/bin/bwrap"
    assert request.argv[-5:] == ("--chdir", "/build/b", "--", "make", "/build/a")
    assert (request.env, request.cwd, request.stdin) == ({"A": "/crosswheel/cache/x"}, Path("/"), "/build\n")


def test_the_user_of_programs_is_the_same_everywhere(tmp_path: Path) -> None:
    sealed, unsealed = Sandbox(host(tmp_path), tmp_path, SEAL), Sandbox(host(tmp_path), tmp_path)
    assert sealed.environ() == unsealed.environ()
    assert unsealed.environ()["HOME"] == str(tmp_path / "home")
    assert {name: sealed.inside(value) for name, value in sealed.environ().items()} == {
        "HOME": "/build/home", "TMPDIR": "/tmp", "USER": "build", "LOGNAME": "build",
    }  # fmt: skip


def test_programs_that_describe_the_target_come_before_the_systems(tmp_path: Path) -> None:
    seal = Seal(machine=MachineView({"uname": "#!/bin/sh\necho riscv64\n"}))
    with open_sandbox(host(tmp_path), tmp_path, seal) as sandbox:
        first, programs, *others = sandbox.path("/tools").split(":")
        assert (first, programs) == ("/tools", str(sandbox.programs))
        assert others[:4] == ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        assert (sandbox.programs / "uname").stat().st_mode & 0o111
    assert "programs" not in Sandbox(host(tmp_path), tmp_path).path()


def test_a_sealed_build_has_users_and_a_processor_of_its_own(tmp_path: Path) -> None:
    seal = replace(SEAL, machine=MachineView(cpuinfo="isa: rv64\n", kernel="Linux version 5.10.0\n"))
    with open_sandbox(host(tmp_path), tmp_path, seal) as sandbox:
        outside = {str(mount.inside): mount.outside for mount in sandbox.machine}
        assert outside["/etc/passwd"].read_text() == "build:x:1000:1000:build:/build/home:/bin/sh\n"
        assert outside["/proc/cpuinfo"].read_text() == "isa: rv64\n"
        assert outside["/proc/version"].read_text() == "Linux version 5.10.0\n"
        assert not {"/", "/home", "/tmp", str(Path.home())} & set(outside)


def test_the_build_machines_processor_is_hidden_from_builds_for_other_systems(tmp_path: Path) -> None:
    with open_sandbox(host(tmp_path), tmp_path, replace(SEAL, machine=MachineView())) as sandbox:
        outside = {str(mount.inside): mount.outside for mount in sandbox.machine}
        assert set(outside["/proc/cpuinfo"].read_text().split()) <= {"processor", ":", *map(str, range(1000))}
        assert outside["/proc/version"].read_text() == ""


def test_what_each_build_copies_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "cache-of-zig").mkdir()
    (tmp_path / "cache-of-zig" / "file").touch()
    root = tmp_path / "root"
    root.mkdir()
    mount = Mount(tmp_path / "cache-of-zig", Path("/build/zig-cache"), copied=True)
    with open_sandbox(host(tmp_path), root, replace(SEAL, mounts=(mount,))) as sandbox:
        assert (root / "zig-cache" / "file").is_file()
        assert sandbox.inside(mount.outside) == "/build/zig-cache"
        assert "/build/zig-cache" not in sandbox.command(("true",), root, {})[0]


def test_the_network_is_observed(tmp_path: Path) -> None:
    with open_sandbox(host(tmp_path), tmp_path, SEAL) as sandbox:
        assert sandbox.record().network is Network.UNUSED
        (tmp_path / "private" / "resolv.conf").read_text()
        assert sandbox.record().network is Network.USED


def test_what_is_not_known_of_the_network(tmp_path: Path) -> None:
    with open_sandbox(host(tmp_path), tmp_path, Seal()) as sandbox:
        assert sandbox.record().network is Network.UNKNOWN
    other = tmp_path / "other"
    other.mkdir()
    with open_sandbox(host(tmp_path, https_proxy="http://192.0.2.1"), other, SEAL) as sandbox:
        assert sandbox.record().network is Network.UNKNOWN
        assert replace(sandbox, seal=replace(SEAL, network=False)).record().network is Network.FORBIDDEN


def test_failures_for_lack_of_the_network() -> None:
    output = "start\ncurl: (6) Could not resolve host: example.org\nlast"
    forbidden = replace(SEAL, network=False)
    assert network_error(forbidden, output) == "curl: (6) Could not resolve host: example.org"
    assert network_error(forbidden, "error: no such file") is None
    assert network_error(SEAL, output) is None
