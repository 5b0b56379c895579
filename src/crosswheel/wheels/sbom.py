"""Software bill of materials of the native libraries in a wheel (PEP 770), in CycloneDX format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.wheels.archive import WheelName

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SbomComponent:
    """A native library in a wheel.

    :param license: SPDX expression.
    :param sha256: hash of its source archive; ``source`` is the archive's URL.
    """

    name: str
    version: str
    license: str
    homepage: str
    sha256: str
    source: str


def bill_of_materials(wheel: str, components: Sequence[SbomComponent]) -> bytes:
    """Return the document, which is reproducible: without a time or a serial number.

    :param wheel: the wheel's file name.
    """
    name = WheelName.parse(wheel)
    package = f"pkg:pypi/{name.name}@{name.version}"
    parts = [_component(each) for each in components]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library", "bom-ref": package, "name": name.name, "version": name.version, "purl": package,
            },
            "tools": {"components": [{"type": "application", "name": "crosswheel"}]},
        },
        "components": parts,
        "dependencies": [{"ref": package, "dependsOn": [part["bom-ref"] for part in parts]}],
    }  # fmt: skip
    return (json.dumps(document, indent=2) + "\n").encode()


def _component(component: SbomComponent) -> dict[str, object]:
    reference = f"pkg:generic/{component.name}@{component.version}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": component.name,
        "version": component.version,
        "licenses": [{"expression": component.license}],
        "purl": reference,
        "externalReferences": [
            {"type": "website", "url": component.homepage},
            {
                "type": "source-distribution",
                "url": component.source,
                "hashes": [{"alg": "SHA-256", "content": component.sha256}],
            },
        ],
    }
