"""Reading the record that the hook keeps."""

from __future__ import annotations

import json
from pathlib import Path

from crosswheel.environments.build_log import DeclaredExtensions, read_declared

EVENTS = [
    {"event": "declared", "name": "yaml._yaml", "optional": False, "sources": ["yaml/_yaml.pyx"]},
    {"event": "declared", "name": "pkg._fast", "optional": True, "sources": ["fast.c"]},
    {"event": "declared", "name": "cmake-project", "optional": False, "sources": []},
    {"event": "failed", "name": "pkg._fast", "error": "CompileError: no"},
]


def test_no_record_means_nothing_declared(tmp_path: Path) -> None:
    assert read_declared(tmp_path / "none") == DeclaredExtensions()


def test_names_options_and_failures(tmp_path: Path) -> None:
    record = tmp_path / "declared.jsonl"
    record.write_text("".join(f"{json.dumps(event)}\n" for event in EVENTS))
    found = read_declared(record)
    assert found.names == {"yaml._yaml", "pkg._fast"}
    assert found.optional == {"pkg._fast"}
    assert found.failures == {"pkg._fast": "CompileError: no"}
