"""Libraries that ``ctypes`` finds: those of the build machine say nothing of the target."""

from _crosswheel_cross_venv.callers import pretends_system
from _crosswheel_cross_venv.facts import like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def change_ctypes_util(module: "ModuleType") -> None:
    """``ctypes.util.find_library``: a project's own files are told that there is none."""
    real = module.__dict__["find_library"]

    @like(real)
    def find_library(name: str) -> "str | None":
        found: str | None = None if pretends_system() else real(name)
        return found

    module.__dict__["find_library"] = find_library
