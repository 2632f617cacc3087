"""Writes tests/references/converted.npz: what torch computes with made-up weights of other
programs.

    python -m tests.make_references

Needs torch. The weights and pictures themselves are not stored: `foreign.py` draws them again.
"""

import json

import numpy as np

from tests import foreign
from tests import torch_networks

WIDTH = 1 / 16
MOVED = {
  'glcic_official': '34',
  'center_100': '1',
}  # a BatchNorm whose statistics are kept as training moved them


def main():
  """Computes every case in evaluation and in training mode."""
  stored = {}
  for case, (build, size, _, _) in torch_networks.CASES.items():
    network = build(WIDTH)
    shapes = torch_networks.shapes(network)
    torch_networks.load(network, foreign.arrays(shapes, foreign.SEED))
    pictures, mask = foreign.pictures(size, foreign.SEED)
    for mode, train in (('evaluated', False), ('trained', True)):
      output = torch_networks.raw(case, network, pictures, mask, train=train)
      assert output.std() > 0.05, case
      stored[f'{case}/{mode}'] = output[:, :: foreign.STEP, :: foreign.STEP].astype(np.float32)
    if case in MOVED:
      state = network.state_dict()
      for name in ('running_mean', 'running_var'):
        stored[f'{case}/{name}'] = state[f'{MOVED[case]}.{name}'].numpy().astype(np.float32)
    stored[f'{case}/shapes'] = json.dumps(shapes)
    stored[f'{case}/size'] = np.array(size)
  for case, (build, side, _) in torch_networks.JUDGES.items():
    judge = build(WIDTH)
    shapes = torch_networks.shapes(judge)
    torch_networks.load(judge, foreign.arrays(shapes, foreign.SEED))
    stored[f'{case} judge/shapes'] = json.dumps(shapes)
    stored[f'{case} judge/size'] = np.array((side, side))
    pictures, _ = foreign.pictures((side, side), foreign.SEED)
    stored[f'{case} judge/logits'] = torch_networks.logits(case, judge, pictures).astype(np.float32)
  foreign.REFERENCES.parent.mkdir(exist_ok=True)
  np.savez_compressed(foreign.REFERENCES, **stored)


if __name__ == '__main__':
  main()
