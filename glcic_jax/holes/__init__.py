"""Holes: their shapes, their kinds, a folder of one's own, and the views around them. NumPy
only.
"""
