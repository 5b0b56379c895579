"""A build backend that never ends, and starts a program that does not either."""

import os
import subprocess
import time
from pathlib import Path


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    child = subprocess.Popen(["sleep", "600"])
    ready = Path(os.environ["SLEEPY_READY"])
    part = ready.with_suffix(".part")
    part.write_text(f"{os.getpid()} {child.pid}")
    part.replace(ready)
    time.sleep(600)
