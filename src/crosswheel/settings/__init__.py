"""What people write in ``[tool.crosswheel]`` and on the command line, as one model."""

from crosswheel.settings.model import Index, Override, Settings
from crosswheel.settings.orders import Order, order_of, orders, project_settings
from crosswheel.settings.read import ProjectSettings, parse, read_settings

__all__ = [
    "Index",
    "Order",
    "Override",
    "ProjectSettings",
    "Settings",
    "order_of",
    "orders",
    "parse",
    "project_settings",
    "read_settings",
]
