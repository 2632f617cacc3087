"""Convolutions in the form that is fast where they run."""
