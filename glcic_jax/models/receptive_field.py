"""How far a pixel of the completion network sees: by the layers' arithmetic, and by its gradient.

One axis suffices, since every layer treats both alike. An interval is (first, last), both included,
in pixels of the layer's input. A blog that many start from counts 287 px, the paper writes 307: the
last quarter-resolution layer sees 287; an output pixel sees 299 or 303, off-centre, and 307 is the
smallest window that is centred on the pixel and holds what any pixel sees (99 without dilation).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax.models import glcic


class Field(NamedTuple):
  """What the network sees, in pixels."""

  quarter: int  # what a pixel of the last quarter-resolution convolution sees
  # How far an output pixel sees up and down, by position modulo 4.
  outputs: tuple[tuple[int, int], ...]

  @property
  def lengths(self) -> tuple[int, ...]:
    """How many pixels an output pixel sees, by its position modulo 4."""
    return tuple(before + after + 1 for before, after in self.outputs)

  @property
  def reach(self) -> int:
    """How far any output pixel sees on either side."""
    return max(max(pair) for pair in self.outputs)

  @property
  def centred(self) -> int:
    """Side of the smallest window, centred on the pixel, that holds what any output pixel sees."""
    return 2 * self.reach + 1


def by_arithmetic(*, dilated: bool = True) -> Field:
  """Follows an interval back through `glcic.COMPLETION_LAYERS`."""
  every = glcic.COMPLETION_LAYERS
  quarter = [number for number, layer in enumerate(every) if layer.kind == 'deconv'][0]
  first, last = _back(every[:quarter], (0, 0), dilated)
  start = 4 * glcic.SIZE_MULTIPLE * 16  # any position; far from zero for the sake of clear numbers
  outputs = []
  for position in range(start, start + glcic.SIZE_MULTIPLE):
    low, high = _back(every, (position, position), dilated)
    outputs.append((position - low, high - position))
  return Field(last - first + 1, tuple(outputs))


def _back(
  layers: tuple[glcic.Layer, ...], interval: tuple[int, int], dilated: bool
) -> tuple[int, int]:
  first, last = interval
  for layer in reversed(layers):
    if layer.kind == 'deconv':  # output o sees input i where o = 2 i - 1 + tap, tap 0 to 3
      first, last = -((2 - first) // 2), (last + 1) // 2
    else:
      dilation = layer.dilation if dilated else 1
      reach = dilation * (layer.kernel - 1) // 2
      first, last = first * layer.stride - reach, last * layer.stride + reach
  return first, last


def by_gradient(*, dilated: bool = True) -> Field:
  """Differentiates output pixels of a network whose kernels are all positive by its input.

  No weight can hide another then: a pixel is seen exactly where the gradient is not zero.
  """
  length, height = 512, 4  # wider than twice what any pixel sees
  generator = glcic.CompletionNetwork(width=1 / 64, dilated=dilated)
  image, mask = jnp.ones((1, height, length, 3)), jnp.ones((1, height, length, 1))
  shapes = jax.eval_shape(lambda: generator.init(jax.random.key(0), image, mask))
  variables = jax.tree_util.tree_map_with_path(_even, shapes)

  def seen(image: jax.Array) -> jax.Array:
    raw, state = generator.apply(
      variables,
      image,
      mask,
      mutable=['intermediates'],
      capture_intermediates=lambda module, _: module.name == 'conv12',
    )
    middle = length // 2
    quarter = jax.tree.leaves(state['intermediates'])[0][0, 0, middle // 4].sum()
    return jnp.append(raw[0, 0, middle : middle + glcic.SIZE_MULTIPLE].sum(axis=-1), quarter)

  # Rows: output pixels, then the quarter-resolution one.
  gradients = np.asarray(jax.jit(jax.jacrev(seen))(image))[:, 0]
  *ends, (first, last) = [
    np.flatnonzero(rows.any(axis=(0, 2)))[[0, -1]].tolist() for rows in gradients
  ]
  outputs = tuple(
    (length // 2 + phase - up, down - length // 2 - phase) for phase, (up, down) in enumerate(ends)
  )
  return Field(last - first + 1, outputs)


def _even(path: Any, leaf: jax.ShapeDtypeStruct) -> jax.Array:
  """For each kernel a mean over what it sees, so that nothing saturates; BatchNorm's identity."""
  name = path[-1].key
  if name == 'kernel':
    return jnp.full(leaf.shape, 1 / np.prod(leaf.shape[:-1]), leaf.dtype)
  return jnp.full(leaf.shape, float(name in ('scale', 'var')), leaf.dtype)


def measure() -> dict[bool, tuple[Field, Field]]:
  """Whether dilated -> what the network sees, by gradient and by arithmetic: equal, if right."""
  return {
    dilated: (by_gradient(dilated=dilated), by_arithmetic(dilated=dilated))
    for dilated in (True, False)
  }


def table(measured: Mapping[bool, tuple[Field, Field]], marked: bool) -> list[str]:
  """What `measure` found, line by line; `marked` is the network of the user's config."""
  rows = {
    'the last quarter-resolution convolution': lambda field: str(field.quarter),
    'an output pixel, by position modulo 4': lambda field: ', '.join(map(str, field.lengths)),
    'an output pixel on one side, at most': lambda field: str(field.reach),
    'the smallest centred window for every pixel': lambda field: str(field.centred),
  }
  lines = [f'{"pixels seen by":<46}{"gradient":>24}{"arithmetic":>24}']
  for dilated, fields in measured.items():
    mark = ' (this config)' if dilated == marked else ''
    lines.append(f'{"dilated" if dilated else "without dilation"}{mark}')
    for name, value in rows.items():
      gradient, arithmetic = map(value, fields)
      lines.append(f'  {name:<44}{gradient:>24}{arithmetic:>24}')
  return lines
