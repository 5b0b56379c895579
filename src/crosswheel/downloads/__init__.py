"""What is fetched to build and to run: packages of Debian and of npm, verified, unpacked, kept."""
