"""Failures of builds from which the network was taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswheel.sealing.model import Seal

NETWORK_HINT = "allow it with --network, or give the build what it downloads"
_MAX_LENGTH = 200
# Messages of C libraries, curl, wget, Node.js, Go and Rust for names that cannot be looked up, and for no connection.
_ERRORS = re.compile(
    r"Temporary failure in name resolution|Name or service not known|No address associated with hostname"
    r"|[Nn]etwork is unreachable|Could ?n[o']t resolve (?:host|proxy)|unable to resolve host address"
    r"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|failed to lookup address information|dial tcp: lookup"
    r"|Name resolution failure"
)


def network_error(seal: Seal, text: str) -> str | None:
    """Return the first line by which a program failed for lack of the network; None if it has the network.

    :param text: what the program printed.
    """
    if seal.network:
        return None
    lines = (line.strip() for line in text.splitlines() if _ERRORS.search(line))
    return next((line[:_MAX_LENGTH] for line in lines), None)
