"""What a package or library needs beyond its own build files, written down: where from, changed how, built how."""
