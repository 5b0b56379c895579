"""Sources: from what a person names to an unpacked, verified source tree, without running any of its code."""
