"""The measured tables of the documentation: how they are measured, their data, and the pages made from these."""
