"""``python -m crosswheel``."""

from crosswheel.cli import main

main()
