"""Accelerators that the machine has and JAX does not use: it then computes on the CPU, unasked."""

from collections.abc import Collection
import os
from typing import NamedTuple

from glcic_jax import errors


class _Kind(NamedTuple):
  name: str
  signs: tuple[str, ...]  # files that its driver makes
  extra: str


_KINDS = {
  'gpu': _Kind('an NVIDIA GPU', ('/dev/nvidia0', '/dev/nvidiactl', '/dev/dxg'), 'cuda'),
  'tpu': _Kind('a TPU', ('/dev/accel0',), 'tpu'),
}


def unused(platforms: Collection[str]) -> list[str]:
  """A sentence for each kind of accelerator that is here and not among JAX's platforms."""
  return [
    f'{kind.name} is here, and JAX does not use it; what it needs: {errors.install(kind.extra)}'
    for platform, kind in _KINDS.items()
    if platform not in platforms and any(map(os.path.exists, kind.signs))
  ]
