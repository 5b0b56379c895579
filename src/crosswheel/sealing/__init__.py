"""Sealed builds: programs of a build see the target's machine, their own directories and nothing else that varies.

``model`` has the values, ``command`` makes bubblewrap's command line of them, ``support`` finds out whether it works
here, ``sandbox`` runs the programs of one build.
"""

from crosswheel.sealing.model import BinfmtRule, MachineView, Mount, Network, Seal, SealRecord, SealSupport
from crosswheel.sealing.sandbox import Sandbox, open_sandbox
from crosswheel.sealing.support import find_support
from crosswheel.sealing.system import program_path

__all__ = [
    "BinfmtRule",
    "MachineView",
    "Mount",
    "Network",
    "Sandbox",
    "Seal",
    "SealRecord",
    "SealSupport",
    "find_support",
    "open_sandbox",
    "program_path",
]
