from dataclasses import dataclass, field

import pytest

from crosswheel.host import NullProgress
from crosswheel.store import Key, Store


@dataclass
class Notes(NullProgress):
    said: list[str] = field(default_factory=list)

    def note(self, text):
        self.said.append(text)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def store(tmp_path, notes):
    return Store(tmp_path / "store", notes)


@pytest.fixture
def key():
    return Key.create("library", "zlib-1.3", source="abc", flags=["-O2"])
