import pytest

from crosswheel.store import code, code_digest


def test_what_changes_in_a_package_changes_the_digest(tmp_path, monkeypatch):
    for package in ("one", "two"):
        (tmp_path / package / "tables").mkdir(parents=True)
        (tmp_path / package / "a.py").write_text("x = 1")
    monkeypatch.setattr(code, "files", lambda _: tmp_path)

    def digests():
        code_digest.cache_clear()
        return code_digest(), code_digest("one"), code_digest("one", without=("tables",))

    def same(one, other):
        return [a == b for a, b in zip(one, other, strict=True)]

    first = digests()
    (tmp_path / "one" / "__pycache__").mkdir()
    (tmp_path / "one" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert digests() == first
    (tmp_path / "two" / "a.py").write_text("x = 2")
    second = digests()
    assert same(first, second) == [False, True, True]
    (tmp_path / "one" / "tables" / "z.toml").write_text("")
    third = digests()
    assert same(second, third) == [False, False, True]
    (tmp_path / "one" / "a.py").write_text("x = 2")
    assert same(third, digests()) == [False, False, False]
    code_digest.cache_clear()


def test_a_package_that_is_not_there_is_a_mistake():
    """A key that depended on nothing would never change: a renamed package must not go unnoticed."""
    with pytest.raises(ValueError, match="no package gone"):
        code_digest("store", "gone")
