"""Wheels: unpacked, repaired, tagged, proven and packed again, byte for byte the same for the same inputs."""
