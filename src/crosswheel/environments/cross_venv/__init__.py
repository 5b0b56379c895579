"""The pretended platform: the build's Pythons answer questions about the platform as the target's would.

Only environments that crosswheel makes pretend. An environment that a backend makes for itself does not: what is
installed into it runs on this machine, so pip there has to know this machine.
"""

from crosswheel.environments.cross_venv.model import HOOK, CrossVenv, hook_digest, install_hook

__all__ = ["HOOK", "CrossVenv", "hook_digest", "install_hook"]
