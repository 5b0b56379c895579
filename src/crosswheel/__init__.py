"""Build Python wheels for every platform from the machine you are on."""
