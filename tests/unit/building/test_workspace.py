from __future__ import annotations

from fake_hosts import Shelf, fake_host

from crosswheel.building.workspace import create_workspace


def test_builds_of_one_name_in_one_second_have_logs_of_their_own(tmp_path, monkeypatch):
    """What went wrong is read back from them."""
    monkeypatch.setattr("time.strftime", lambda _format: "20260102-030405")
    host = fake_host(tmp_path, Shelf(tmp_path))
    with (
        create_workspace(host, "x-1.0 cp313", keep=False) as one,
        create_workspace(host, "x-1.0 cp313", keep=False) as other,
    ):
        assert one.log.parent == host.logs / "20260102-030405-x-1.0-cp313"
        assert other.log.parent == host.logs / "20260102-030405-x-1.0-cp313-2"
        assert {one.calls.parent, other.calls.parent} == {one.log.parent, other.log.parent}


def test_a_pure_wheel_for_which_compilers_were_called_is_noted(tmp_path):
    with create_workspace(fake_host(tmp_path, Shelf(tmp_path)), "x-1.0 cp313", keep=False) as place:
        assert place.notes(pure=True) == ()
        place.calls.write_text("#   no more than a remark\n")
        assert place.notes(pure=True) == ()
        place.calls.write_text("# cc -c a.c\n#   removed -I/usr/include: of the build machine\n")
        removed = "removed -I/usr/include: of the build machine"
        assert place.notes(pure=False) == (removed,)
        first, second = place.notes(pure=True)
        assert (first, second.partition(",")[0]) == (removed, "compilers were called")
