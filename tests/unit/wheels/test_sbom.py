"""Bills of materials."""

from __future__ import annotations

import json

from crosswheel.wheels.sbom import SbomComponent, bill_of_materials

ZLIB = SbomComponent("zlib", "1.3.1", "Zlib", "https://zlib.net", "ab" * 32, "https://zlib.net/zlib.tar.gz")
WHEEL = "Some.Name-1.0-cp313-cp313-manylinux_2_31_riscv64.whl"


def test_every_library_is_a_component_that_the_wheel_depends_on() -> None:
    document = json.loads(bill_of_materials(WHEEL, [ZLIB]))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["purl"] == "pkg:pypi/some-name@1.0"
    (component,) = document["components"]
    assert component["purl"] == "pkg:generic/zlib@1.3.1"
    assert component["licenses"] == [{"expression": "Zlib"}]
    assert component["externalReferences"][1]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert document["dependencies"] == [{"ref": "pkg:pypi/some-name@1.0", "dependsOn": ["pkg:generic/zlib@1.3.1"]}]


def test_the_same_wheel_has_the_same_bill() -> None:
    assert bill_of_materials(WHEEL, [ZLIB]) == bill_of_materials(WHEEL, [ZLIB])
