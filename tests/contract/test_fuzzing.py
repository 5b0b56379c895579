"""Mutations of every kind of input end in a verdict or in an error of crosswheel's, and end at all."""

from __future__ import annotations

import faulthandler
import logging
from collections.abc import Iterator

import pytest
from fuzzing import KINDS, run, seeds

CHUNKS = 5
COUNT = 20_000 // len(KINDS) // CHUNKS
_HANG = 600
"""Seconds after which a chunk that hangs is ended with a traceback of where; a chunk takes a few."""


@pytest.fixture(autouse=True)
def guarded() -> Iterator[None]:
    logging.disable()
    faulthandler.dump_traceback_later(_HANG, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("kind", KINDS)
def test_mutations(kind: str, chunk: int) -> None:
    for number in range(chunk * COUNT, (chunk + 1) * COUNT):
        try:
            run(kind, number)
        except Exception as error:
            error.add_note(f"repeat it with: python tools/fuzz_audit.py --kinds {kind} --first {number} --count 1")
            raise


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "number"), [("ar", 6831), ("elf", 38826), ("metadata", 32054), ("metadata", 61117)])
def test_mutations_that_took_time_or_memory_or_were_not_completed(kind: str, number: int) -> None:
    run(kind, number)


def test_the_inputs_are_sound_before_they_are_mutated() -> None:
    from crosswheel.object_files import read_binary

    found = {kind: [read_binary(seed.data) for seed in seeds()[kind]] for kind in ("elf", "pe", "macho", "wasm")}
    assert all(binary is not None for each in found.values() for binary in each)
    assert {kind: {binary.format for binary in each if binary} for kind, each in found.items()} == {
        "elf": {"ELF"}, "pe": {"PE"}, "macho": {"Mach-O"}, "wasm": {"WebAssembly"},
    }  # fmt: skip
