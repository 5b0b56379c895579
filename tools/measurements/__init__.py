"""The measured tables of the documentation: measuring them, their data, and the generated pages."""
