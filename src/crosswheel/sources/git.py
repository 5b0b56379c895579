"""Sources from git: a ref is resolved to a commit, which is built."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from crosswheel.errors import EnvironmentMissingError, SourceError, redact_passwords

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host


def clone(host: Host, url: str, destination: Path) -> str:
    """Clone ``git+URL[@REF]`` with its submodules.

    :returns: the commit.
    :raises SourceError: if it cannot be cloned, or is not of git.
    :raises EnvironmentMissingError: if git is not installed.
    """
    if not url.startswith("git+"):
        raise SourceError("unsupported version control system: only git is supported", where=url)
    git = host.program("git")
    if git is None:
        raise EnvironmentMissingError(
            "git is not installed", where=url, hint="install git, for example: apt install git"
        )
    located, ref = split_ref(url.removeprefix("git+"))
    bare, credentials = _split_credentials(located)
    if bare.startswith("-") or ref.startswith("-"):  # git would parse it as an option
        raise SourceError("invalid repository URL or ref", where=url)
    environ = {**host.environ, "GIT_TERMINAL_PROMPT": "0", **credentials}

    def run(*args: str, cwd: Path) -> str:
        result = host.run(git, *args, cwd=cwd, env=environ)
        if not result.ok:
            raise SourceError(f"git: {''.join(result.stderr.strip().splitlines()[-1:])}", where=url)
        return result.stdout.strip()

    with host.progress.step(redact_passwords(f"cloning {bare}")):
        run("clone", "--quiet", bare, str(destination), cwd=destination.parent)
        if ref:
            run("checkout", "--quiet", ref, "--", cwd=destination)  # without --, REF could be the name of a file
        run("submodule", "--quiet", "update", "--init", "--recursive", cwd=destination)
    return run("rev-parse", "HEAD", cwd=destination)


_HELPER = '!f() { echo "username=$CROSSWHEEL_GIT_USER"; echo "password=$CROSSWHEEL_GIT_PASSWORD"; }; f'
"""A credential helper (gitcredentials(7)) that answers by variables."""


def _split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL without user and password, and the variables by which git has them.

    Every user of the machine can read arguments, and git stores the URL that it clones in the repository.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.username:
        return url, {}
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)), {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": f"credential.{parts.scheme}://{host}.helper",
        "GIT_CONFIG_VALUE_0": "",  # no other helper, which might store them
        "GIT_CONFIG_KEY_1": f"credential.{parts.scheme}://{host}.helper",
        "GIT_CONFIG_VALUE_1": _HELPER,
        "CROSSWHEEL_GIT_USER": unquote(parts.username),
        "CROSSWHEEL_GIT_PASSWORD": unquote(parts.password or ""),
    }


def split_ref(url: str) -> tuple[str, str]:
    """Split ``URL@REF#FRAGMENT`` into URL and ref, which may contain slashes; the ref is empty if there is none."""
    location = url.partition("#")[0]
    path_starts = location.find("/", location.find("://") + 3)
    index = location.rfind("@")
    return (location[:index], location[index + 1 :]) if index > path_starts >= 0 else (location, "")
