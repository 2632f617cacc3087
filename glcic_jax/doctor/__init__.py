"""What `glcic-jax doctor` finds out: what is installed, what is kept, and whether it works.

Everything but the `trial`, which has a process of its own, is read without starting a library.
"""
