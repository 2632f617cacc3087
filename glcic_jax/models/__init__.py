"""The networks: Flax modules, their layers, how far they see; `methods/` says which is whose.

Every generator takes `(image, mask)`, `[B, H, W, 3]` with the hole filled by one colour and
`[B, H, W, 1]` with 1 in the hole, and returns a full-size picture in the same range; known pixels
are not restored. Every discriminator takes `(image, view)`, a picture and `[B, 2]` int32, the
top-left corner of the local view, and returns `[B]` logits of being real. What they return is
float32 (float64 for float64). `train`: BatchNorm uses this batch's statistics, and moves the
running ones; `groups`: how many batches are interleaved in the rows (`layers.BatchNorm`).
"""
