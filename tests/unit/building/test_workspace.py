from __future__ import annotations

from fake_hosts import Shelf, fake_host

from crosswheel.building.workspace import workspace


def test_builds_of_one_name_in_one_second_have_logs_of_their_own(tmp_path, monkeypatch):
    """What went wrong is read back from them."""
    monkeypatch.setattr("time.strftime", lambda _format: "20260102-030405")
    host = fake_host(tmp_path, Shelf(tmp_path))
    with workspace(host, "x-1.0 cp313", keep=False) as one, workspace(host, "x-1.0 cp313", keep=False) as other:
        assert one.log.parent == host.logs / "20260102-030405-x-1.0-cp313"
        assert other.log.parent == host.logs / "20260102-030405-x-1.0-cp313-2"
        assert {one.calls.parent, other.calls.parent} == {one.log.parent, other.log.parent}
