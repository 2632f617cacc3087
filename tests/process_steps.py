"""A program for test_processes.py: a step of each phase in float64, in one of several processes.

    python -m tests.process_steps WHICH OUTPUT.npz

`WHICH` as of `parallel.initialize`. Process 0 writes every array of the state that results.
"""

import sys

import jax
import numpy as np

from glcic_jax import leaves
from glcic_jax import parallel
from tests import fakes


def main(which: str, output: str) -> None:
  """Three steps, one of each phase."""
  jax.config.update('jax_enable_x64', True)
  parallel.initialize(which, timeout=60)
  state = fakes.three_steps(parallel.make_mesh())
  arrays = {name: np.asarray(leaf) for name, leaf in leaves.named(state)}
  if parallel.is_main_process():
    np.savez(output, **arrays)


if __name__ == '__main__':
  main(*sys.argv[1:])
