"""Texture for a hole from the picture's own blocks: arrays in, arrays out.

    completed = detail.add(picture, completion, hole, strength=1.0)
    for patch in detail.patches(picture, completion, hole): ...    # the hole alone, part by part

A network trained on squared error knows what belongs into a hole, and paints it smooth. What is
coarser than a cut-off stays the completion's; what is finer comes from blocks of the known picture,
chosen by like coarse surroundings, by the known part of a block, and by agreement with the blocks
laid before it (quilting, Efros and Freeman 2001; the completion in the role of the content network
of Yang et al. 2017); blocks end at cuts where they differ least, and are as loud as is usual near
the hole.

`addition.py` is the way in. `scale.py` says which parts a hole has (of `pieces.py`), and at what
scale each is treated, so that the cost grows with the hole and hardly with the picture; what is
thin, or leaves no room for a block, gets blocks of half the side. Of a part,
`blocks.py` knows the blocks, `districts.py` which are near each other, `matching.py` what copying
one costs; `quilting.py` chooses and lays them up to `cuts.py`; `laying.py` copies them, band by
band (`bands.py`), and joins them to the completion's own. `settings.py` is what can be turned.

NumPy and SciPy alone: blocks are compared in many groups of different sizes, for each of which a
program would have to be compiled.
"""

from glcic_jax.detail.addition import add
from glcic_jax.detail.addition import patches

__all__ = ['add', 'patches']
