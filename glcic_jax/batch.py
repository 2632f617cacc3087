"""The record that flows from the data to the step."""

import flax
import jax


class Batch(flax.struct.PyTreeNode):
  """One batch; every leaf has a leading batch axis, sharded over 'data'. On the host it is NumPy.

  Pictures and masks travel as bytes and become float32 on the device, inside
  the step: a quarter of the traffic to the accelerator.
  """

  image: jax.Array  # [B, H, W, 3] uint8, RGB
  mask: jax.Array  # [B, H, W, 1] uint8, 1 = to be completed (the paper's M_c)
  view: jax.Array  # [B, 2] int32, top-left corner (y, x) of the local view around the hole
  real_view: jax.Array  # [B, 2] int32, the same for the real picture, from an independent M_d
  weight: jax.Array  # [B] float32, 0 on rows that only pad the last evaluation batch
