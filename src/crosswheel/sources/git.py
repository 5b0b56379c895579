"""Sources from git: a ref is resolved to a commit, and the commit is what is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError, SourceError, redact_passwords

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host


def clone(host: Host, url: str, destination: Path) -> str:
    """Clone ``git+URL[@REF]`` with its submodules.

    :returns: the commit.
    :raises SourceError: when it cannot be had; only git is supported.
    :raises EnvironmentMissingError: when git is not installed.
    """
    if not url.startswith("git+"):
        raise SourceError("only git is supported among version control systems", where=url)
    git = host.program("git")
    if git is None:
        raise EnvironmentMissingError("git is not installed", where=url, hint="apt install git, or your system's way")
    bare, ref = split_ref(url.removeprefix("git+"))
    if bare.startswith("-") or ref.startswith("-"):  # git would take it for an option
        raise SourceError("that is neither a repository nor a ref", where=url)
    environ = {**host.environ, "GIT_TERMINAL_PROMPT": "0"}

    def run(*words: str, cwd: Path) -> str:
        outcome = host.run(git, *words, cwd=cwd, env=environ)
        if not outcome.ok:
            raise SourceError(f"git: {''.join(outcome.stderr.strip().splitlines()[-1:])}", where=url)
        return outcome.stdout.strip()

    with host.progress.step(redact_passwords(f"cloning {bare}")):
        run("clone", "--quiet", bare, str(destination), cwd=destination.parent)
        if ref:
            run("checkout", "--quiet", ref, "--", cwd=destination)  # else a file of that name would do
        run("submodule", "--quiet", "update", "--init", "--recursive", cwd=destination)
    return run("rev-parse", "HEAD", cwd=destination)


def commit_time(host: Host, tree: Path) -> int | None:
    """When a working tree's commit was made, in seconds since 1970; None if it is not git's."""
    git = host.program("git")
    if git is None or not (tree / ".git").exists():
        return None
    outcome = host.run(git, "log", "-1", "--format=%ct", cwd=tree)
    return int(outcome.stdout) if outcome.ok and outcome.stdout.strip().isdigit() else None


def split_ref(url: str) -> tuple[str, str]:
    """A repository's URL without ``@REF#FRAGMENT``, and the ref, which may have slashes; ``""`` if there is none."""
    whole = url.partition("#")[0]
    path_starts = whole.find("/", whole.find("://") + 3)
    at = whole.rfind("@")
    return (whole[:at], whole[at + 1 :]) if at > path_starts >= 0 else (whole, "")
