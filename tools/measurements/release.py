"""The time of building the release example for all platforms by one command, without paths of the machine."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from measurements.data import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host

_STEPS = ("environment", "build", "repair", "audit", "test")


def measure(host: Host, wheels: Path) -> dict[str, Any]:
    """Build the example project for all of its targets; return the table's document."""
    options = ("build", "examples/release", "--rebuild", "--json", "--output-dir", wheels.absolute())
    outcome = host.run(sys.executable, "-m", "crosswheel", *options, cwd=ROOT)
    if not outcome.ok:
        raise SystemExit(outcome.stderr or outcome.stdout)
    return document_of(json.loads(outcome.stdout))


def document_of(output: dict[str, Any]) -> dict[str, Any]:
    """Return the table's document for the output of ``crosswheel build --json``."""
    return {"seconds": output["seconds"], "rows": [_row(result) for result in output["results"]]}


def _row(result: dict[str, Any]) -> dict[str, Any]:
    steps = {step: round(result["seconds"].get(step, 0.0), 1) for step in _STEPS}
    total = round(sum(result["seconds"].values()), 1)
    return {key: result[key] for key in ("target", "python", "stage", "remark")} | {"seconds": steps, "total": total}
