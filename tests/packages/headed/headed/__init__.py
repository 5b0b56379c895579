from pathlib import Path

from headed import _headed as _headed

PLACE = Path(__file__).parent
