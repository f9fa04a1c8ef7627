"""A package of helper modules."""
