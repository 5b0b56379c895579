"""The isolated environment a backend runs in, and the platform it believes to be on."""
