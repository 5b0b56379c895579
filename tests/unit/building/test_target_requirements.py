"""Versions of build requirements where an exported overlay decides them; circles among requirements."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from crosswheel.building.build_environment import relax_pins
from crosswheel.building.target_requirements import RequirementBuilder
from crosswheel.cross_requirements import CrossEnv
from crosswheel.cross_requirements.overlay import OverlayRequest
from crosswheel.errors import BuildError, UsageError
from crosswheel.store import Key

NUMPY = OverlayRequest("numpy", "2.3.5", "files")
ENV = CrossEnv(Path("env.tar.gz"), {NUMPY: Key.create("overlay", "numpy-2.3.5")})


@pytest.mark.parametrize("wanted", ["numpy", "numpy>=2.0", "NumPy>=2.3.5,<3", "cython==3.1", "numpy==2.3.*"])
def test_what_is_met_is_not_told(wanted: str) -> None:
    assert relax_pins([wanted], [ENV]) == ()


@pytest.mark.parametrize("wanted", ["numpy==2.0.*", "numpy<2.1", "numpy>=2.0,<2.1", "numpy==2.0.2", "numpy!=2.3.5"])
def test_limits_are_set_aside_and_told(wanted: str) -> None:
    (note,) = relax_pins([wanted], [ENV])
    assert "is relaxed to 2.3.5" in note


@pytest.mark.parametrize("wanted", ["numpy>=2.4", "numpy~=2.4", "numpy>=2.4,<3"])
def test_a_version_that_is_too_old_is_an_error(wanted: str) -> None:
    with pytest.raises(UsageError, match=r"numpy 2\.3\.5, which is too old"):
        relax_pins([wanted], [ENV])


def test_without_an_overlay_nothing_is_relaxed() -> None:
    assert relax_pins(["numpy==2.0.*"], []) == ()


def test_a_circle_is_an_error(tmp_path: Path) -> None:
    context = SimpleNamespace(lineage=("scipy", "numpy", "cython"), target="manylinux_2_31_riscv64")
    maker = RequirementBuilder(context, None)  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="numpy requires cython requires numpy") as caught:
        maker.build(Requirement("NumPy==2.3.5"), tmp_path)
    assert caught.value.hint is not None
