"""A program for test_processes.py: one step of each phase in float64, in one of several processes.

    python -m tests.process_steps WHICH OUTPUT.npz

`WHICH` as of `parallel.initialize`. Process 0 writes every array of the state that results.
"""

import dataclasses
import sys

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax import leaves
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import step as step_lib
from tests import fakes


def main(which: str, output: str) -> None:
  """Three steps, one of each phase."""
  jax.config.update('jax_enable_x64', True)
  parallel.initialize(which, timeout=60)
  mesh = parallel.make_mesh()
  method = dataclasses.replace(
    fakes.tiny_method(dtype='float64', **fakes.WEIGHTS),
    generator=fakes.ShortCompletion(jnp.float64),
  )
  state = fakes.to_devices(fakes.random_state(method), mesh)
  steps = step_lib.compile_steps(method, mesh)
  rows = parallel.process_rows(fakes.ROWS, mesh)
  for seed, phase in enumerate(schedule.Phase):
    batch = jax.tree.map(lambda leaf: leaf[rows.start : rows.stop], fakes.make_batch(seed=seed))
    state, _ = steps[phase](state, parallel.to_global(batch, mesh))
  arrays = {name: np.asarray(leaf) for name, leaf in leaves.named(state)}
  if parallel.is_main_process():
    np.savez(output, **arrays)


if __name__ == '__main__':
  main(*sys.argv[1:])
