"""The isolated environment of a build backend, and the platform that its Python reports."""
