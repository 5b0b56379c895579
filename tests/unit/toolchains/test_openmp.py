"""Options that enable OpenMP, and the library that replaces those of compilers."""

from __future__ import annotations

import pytest

from crosswheel.toolchains.command_line import read_command_line, tokens
from crosswheel.toolchains.model import CallSettings, OpenMpRuntime
from crosswheel.toolchains.openmp import (
    enables_openmp,
    library_to_link,
    openmp_refusal,
    openmp_runtime,
    spell_openmp,
    without_runtimes,
)

RUNTIME = OpenMpRuntime("/omp/include", "/omp/lib/libomp.so", "/omp/lib/static/libomp.a")
WITH = CallSettings(openmp=RUNTIME)


@pytest.mark.parametrize(
    ("arguments", "enabled"),
    [
        ("-fopenmp -c a.c", True),
        ("-fopenmp=libgomp -c a.c", True),
        ("-fopenmp=libiomp5 -c a.c", True),
        ("-Xpreprocessor -fopenmp -c a.c", True),
        ("-Xclang -fopenmp -c a.c", True),
        ("-Wp,-fopenmp -c a.c", True),
        ("-fopenmp -fno-openmp -c a.c", False),
        ("-fno-openmp -fopenmp -c a.c", True),
        ("-fopenmp-simd -c a.c", False),
        ("-fopenmp-version=51 -c a.c", False),
        ("-Xpreprocessor -fopenmp-simd -c a.c", False),
        ("-Xpreprocessor -DX -c a.c", False),
        ("-shared a.o -lgomp", False),
        ("-c -fopenmp.c", False),
    ],
)
def test_what_enables_openmp(arguments: str, enabled: bool) -> None:
    line = read_command_line(tuple(arguments.split()))
    assert enables_openmp(line) is enabled
    assert (openmp_refusal(line, CallSettings()) is not None) is enabled
    assert openmp_refusal(line, WITH) is None
    assert openmp_runtime(line, CallSettings()) is None


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("-shared a.o -lgomp -lm", "-shared a.o -lm"),
        ("-shared a.o -liomp5", "-shared a.o"),
        ("-shared a.o -l omp", "-shared a.o"),
        ("-shared a.o /omp/lib/libomp.so", "-shared a.o"),
        ("-shared a.o /omp/lib/static/libomp.a", "-shared a.o"),
    ],
)
def test_libraries_of_compilers_are_replaced(arguments: str, kept: str) -> None:
    line = read_command_line(tuple(arguments.split()))
    assert openmp_runtime(line, WITH) is RUNTIME
    assert " ".join(tokens(without_runtimes(line.items, RUNTIME))) == kept


@pytest.mark.parametrize("arguments", ["-shared a.o -lompl", "-shared a.o other/libomp.so", "-c a.c -lgomp"])
def test_other_calls_do_not_need_the_library(arguments: str) -> None:
    assert openmp_runtime(read_command_line(tuple(arguments.split())), WITH) is None


@pytest.mark.parametrize(
    ("arguments", "spelled"),
    [
        ("-fopenmp=libgomp -c a.c", "-fopenmp -c a.c"),
        ("-Xpreprocessor -fopenmp -c a.c", "-fopenmp -c a.c"),
        ("-fopenmp -fno-openmp -fopenmp-simd", "-fopenmp -fno-openmp -fopenmp-simd"),
        ("-Xpreprocessor -DX -c a.c", "-Xpreprocessor -DX -c a.c"),
    ],
)
def test_clang_understands_one_spelling(arguments: str, spelled: str) -> None:
    assert " ".join(tokens(spell_openmp(read_command_line(tuple(arguments.split())).items))) == spelled


def test_a_refusal_names_its_reason_and_the_lost_feature() -> None:
    line = read_command_line(("-fopenmp", "-c", "a.c"))
    refused = openmp_refusal(line, CallSettings(openmp_refusal="OpenMP is disabled"))
    assert refused is not None
    assert refused.output == "crosswheel: error: OpenMP is disabled; build without -fopenmp\n"
    assert "feature refused: OpenMP: OpenMP is disabled; build without -fopenmp" in refused.notes
    never = openmp_refusal(line, WITH, "there are no threads")
    assert never is not None
    assert "there are no threads" in never.output


def test_static_programs_link_the_static_library() -> None:
    assert library_to_link(RUNTIME, shared=True, static=False) == ("/omp/lib/libomp.so",)
    assert library_to_link(RUNTIME, shared=False, static=True) == ("/omp/lib/static/libomp.a",)
    assert library_to_link(RUNTIME, shared=False, static=False) == ("/omp/lib/libomp.so", "-Wl,-rpath,/omp/lib")
