"""Packages downloaded to build and to run: from Debian, npm; verified, unpacked, cached."""
