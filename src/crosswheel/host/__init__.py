"""Access to the build machine: processes, files, archives, downloads, facts about its platform."""

from crosswheel.host.model import Host
from crosswheel.host.process import ProcessRequest, ProcessResult, ProcessRunner
from crosswheel.host.progress import LabelledProgress, NullProgress, Progress

__all__ = ["Host", "LabelledProgress", "NullProgress", "ProcessRequest", "ProcessResult", "ProcessRunner", "Progress"]
