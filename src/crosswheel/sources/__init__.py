"""Sources: from a requirement, path or URL to a verified, unpacked source tree, without running any of its code."""
