"""A build backend that never ends, and starts a program that does not either."""

import subprocess
import time


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)
