"""Cross environments: the build's Pythons report the target's platform (``sysconfig``, ``platform``, ``os.uname``).

Only environments created by crosswheel do so. An environment that a backend creates itself does not: packages installed
into it run on this machine, so pip must see this machine there.
"""

from crosswheel.environments.cross_venv.model import HOOK, CrossVenv, hook_digest, install_hook

__all__ = ["HOOK", "CrossVenv", "hook_digest", "install_hook"]
