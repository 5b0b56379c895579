"""The pages of a simple repository index: HTML (PEP 503, PEP 658, PEP 714) and JSON (PEP 691, PEP 700)."""

from __future__ import annotations

import hashlib
import json
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.package_index.published_wheel import PublishedWheel

GENERATOR = '<meta name="generator" content="crosswheel">'
"""Identifies pages written by crosswheel."""

_WHEELS_URL = "../../"


def wheels_by_project(wheels: Iterable[PublishedWheel]) -> dict[str, tuple[PublishedWheel, ...]]:
    """Group wheels by project, both sorted."""
    ordered = sorted(wheels, key=lambda wheel: (wheel.project, wheel.version, wheel.file_name))
    return {
        project: tuple(wheel for wheel in ordered if wheel.project == project)
        for project in dict.fromkeys(wheel.project for wheel in ordered)
    }


def simple_pages(projects: Mapping[str, Sequence[PublishedWheel]]) -> dict[str, str]:
    """Return the contents of every page by its path in the directory ``simple``; links are relative."""
    root = {"meta": {"api-version": "1.1"}, "projects": [{"name": project} for project in projects]}
    pages = {
        "index.html": _page("Simple index", [f'<a href="{project}/">{project}</a>' for project in projects]),
        "index.json": _json(root),
    }
    for project, wheels in projects.items():
        pages[f"{project}/index.html"] = _page(f"Links for {project}", [_link(wheel) for wheel in wheels])
        pages[f"{project}/index.json"] = _json(
            {
                "meta": {"api-version": "1.1"},
                "name": project,
                "versions": list(dict.fromkeys(str(wheel.version) for wheel in wheels)),
                "files": [_file(wheel) for wheel in wheels],
            }
        )
    return pages


def _page(title: str, links: Sequence[str]) -> str:
    head = f'<meta charset="utf-8">\n<meta name="pypi:repository-version" content="1.0">\n{GENERATOR}'
    body = "".join(f"{link}<br>\n" for link in links)
    return (
        f"<!DOCTYPE html>\n<html>\n<head>\n{head}\n<title>{title}</title>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )


def _link(wheel: PublishedWheel) -> str:
    attributes = {"href": f"{_url(wheel)}#sha256={wheel.sha256}"}
    if wheel.requires_python:
        attributes["data-requires-python"] = wheel.requires_python
    attributes["data-dist-info-metadata"] = attributes["data-core-metadata"] = f"sha256={_metadata_hash(wheel)}"
    attrs = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {attrs}>{escape(wheel.file_name)}</a>"


def _file(wheel: PublishedWheel) -> dict[str, Any]:
    metadata = {"sha256": _metadata_hash(wheel)}
    return {
        "filename": wheel.file_name,
        "url": _url(wheel),
        "hashes": {"sha256": wheel.sha256},
        **({"requires-python": wheel.requires_python} if wheel.requires_python else {}),
        "size": wheel.size,
        "core-metadata": metadata,
        "dist-info-metadata": metadata,
    }


def _url(wheel: PublishedWheel) -> str:
    return _WHEELS_URL + quote(wheel.file_name)


def _metadata_hash(wheel: PublishedWheel) -> str:
    return hashlib.sha256(wheel.metadata).hexdigest()


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
