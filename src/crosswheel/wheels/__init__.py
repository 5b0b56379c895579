"""Wheels: unpacking, editing, repair, platform tags, audit, and reproducible packing."""
