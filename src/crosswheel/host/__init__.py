"""The only door to the build machine: processes, files, archives, downloads, its own platform."""

from crosswheel.host.model import Host
from crosswheel.host.process import Outcome, Request, Runner
from crosswheel.host.progress import Labelled, Progress, Silence

__all__ = ["Host", "Labelled", "Outcome", "Progress", "Request", "Runner", "Silence"]
