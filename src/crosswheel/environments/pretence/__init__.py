"""The pretended platform: the build's Pythons answer questions about the platform as the target's would."""

from crosswheel.environments.pretence.model import Pretence, install_hook

__all__ = ["Pretence", "install_hook"]
