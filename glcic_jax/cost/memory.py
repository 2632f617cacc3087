"""How much memory a step's arrays take, from its trace: nothing is compiled, nothing runs.

The trace is walked in its own order: an array lives from where it is made to where it is last
used. A compiler fuses some arrays away and keeps others longer, and its libraries take
workspace of their own: the compiled step says what they do on one kind of device.
"""

from typing import Any

import jax
from jax import dtypes
import jax.extend as jex
from jax.extend import core


def of_tree(tree: Any) -> int:
  """Bytes of a tree's arrays, or of their shapes."""
  return sum(_bytes(leaf) for leaf in jax.tree.leaves(tree))


def peak(jaxpr: Any) -> int:
  """Bytes beyond the inputs when most is alive at once, results included.

  A backward pass under rematerialisation stands in a jaxpr as computing all again before it starts:
  its saving does not show.
  """
  ends = {variable: len(jaxpr.eqns) for variable in jaxpr.outvars if isinstance(variable, core.Var)}
  for number, equation in reversed(list(enumerate(jaxpr.eqns))):
    for variable in equation.invars:
      if isinstance(variable, core.Var):
        ends.setdefault(variable, number)
  alive: dict[core.Var, int] = {}
  total = most = 0
  for number, equation in enumerate(jaxpr.eqns):
    made = {variable: _bytes(variable.aval) for variable in equation.outvars}
    inside = max((peak(inner) for inner in jex.core.jaxprs_in_params(equation.params)), default=0)
    most = max(most, total + max(inside, sum(made.values())))
    alive |= {variable: size for variable, size in made.items() if variable in ends}
    for variable in equation.invars:
      if isinstance(variable, core.Var) and ends[variable] == number:
        alive.pop(variable, None)
    total = sum(alive.values())
  return most


def _bytes(array: Any) -> int:
  """Of an array, its shape or its abstract value; of a random key, which is no numbers, 0."""
  if not hasattr(array, 'dtype') or dtypes.issubdtype(array.dtype, dtypes.extended):
    return 0
  return array.size * array.dtype.itemsize
