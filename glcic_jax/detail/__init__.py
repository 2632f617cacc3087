"""Texture for a hole from the picture's own blocks: arrays in, arrays out.

    completed = detail.add(completed, hole)

A network trained on squared error knows what belongs into a hole, and paints it smooth. What is
coarser than a cut-off stays the completion's; what is finer is copied from the known picture.
"""

from glcic_jax.detail.addition import add

__all__ = ['add']
