"""What is installed in a test environment, and which of it requires a function of Windows."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host
from pe_files import pe

from crosswheel.runners.wine.runner import WineRunner
from crosswheel.testing.installed import installed_projects, projects_with

SITE_PACKAGES = Path("Lib") / "site-packages"
OUTPUT = "wine: Call from 00006FFFFF3FCF77 to unimplemented function ucrtbase.dll.crealf, aborting\n"


def install(environment: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    site_packages = environment / SITE_PACKAGES
    metadata = site_packages / f"{name}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    for path, data in files.items():
        (site_packages / path).parent.mkdir(exist_ok=True)
        (site_packages / path).write_bytes(data)
    rows = [*files, f"{name}/__pycache__/gone.pyc", f"{metadata.name}/METADATA"]
    (metadata / "RECORD").write_text("".join(f"{row},,\n" for row in rows), "utf-8")


def test_projects_are_listed_by_normalized_names_with_their_versions(tmp_path: Path) -> None:
    install(tmp_path, "Zope.Thing", "1.0.post1", {})
    install(tmp_path, "a_b", "2", {})
    assert list(installed_projects(tmp_path).items()) == [("a-b", "2"), ("zope-thing", "1.0.post1")]


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"api-ms-win-crt-math-l1-1-0.dll": ("cabs", "crealf")}, {"numbers": "2.5"}),
        ({"ucrtbase.dll": ("crealf",)}, {"numbers": "2.5"}),
        ({"api-ms-win-crt-math-l1-1-0.dll": ("creal",)}, {}),
        ({"libown-1a2b.dll": ("crealf",)}, {}),
    ],
)
def test_the_projects_that_require_what_wine_lacks(
    tmp_path: Path, imports: dict[str, tuple[str, ...]], found: dict[str, str]
) -> None:
    install(tmp_path, "numbers", "2.5", {"numbers/core.cp313-win_amd64.pyd": pe(imports=imports)})
    install(tmp_path, "text", "1", {"text/__init__.py": b"crealf = 'ucrtbase.dll.crealf'"})
    limit = WineRunner(fake_host(tmp_path, Shelf(tmp_path), lambda _request: (0, "", ""), {})).own_limit(OUTPUT)
    assert limit is not None
    assert projects_with(tmp_path, limit.required_by) == found
