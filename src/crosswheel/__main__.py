"""The program ``python -m crosswheel``."""

import sys

from crosswheel.cli import main

sys.exit(main())
