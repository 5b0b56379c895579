import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.building.scripts import run_before_build
from crosswheel.errors import BuildError
from crosswheel.sealing import Sandbox


def test_commands_run_in_the_sources_until_one_fails(tmp_path):
    host = fake_host(tmp_path, Shelf(tmp_path), lambda request: (int(request.argv[2] == "false"), "", ""))
    log = tmp_path / "log"
    with pytest.raises(BuildError, match="before-build: `false` ended with status 1") as caught:
        run_before_build(Sandbox(host, tmp_path), ("make -C {package}", "false", "never"), {"A": "1"}, tmp_path, log)
    assert caught.value.log == log
    assert [request.argv[2] for request in host.runner.requests] == [f"make -C {tmp_path}", "false"]
    assert {request.cwd for request in host.runner.requests} == {tmp_path}
    assert host.runner.requests[0].env == {"A": "1"}
