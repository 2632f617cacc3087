"""Makes the model directories of format 1 in this folder: run once, never again, so that they stay
as old as they are.

    python -m tests.references.make_models FOLDER

writes NAME/ as `model_files.write` does, and NAME/completed.npy: what the network makes of
`picture`.
"""

import pathlib
import sys

import jax
import numpy as np

from glcic_jax.inference import network
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from tests import fakes

ARCHITECTURES = {
  'glcic_v1': {'name': 'glcic', 'options': {'width': 1 / 64, 'dilated': True}},
  'context_encoder_v1': {
    'name': 'context_encoder',
    'options': {
      'image_size': 32,
      'patch_size': 16,
      'overlap': 2,
      'bottleneck': 'channelwise',
      'bottleneck_features': 4_000,
      'mixing_kernel': 1,
      'noise_features': 0,
      'width': 1 / 64,
    },
  },
}
# At which the so few channels are alive, and nothing is saturated.
SEEDS = {'glcic_v1': 42, 'context_encoder_v1': 19}


def picture():
  """A picture `[1, 32, 32, 3]` uint8 and its hole `[1, 32, 32, 1]` uint8."""
  row, column, channel = np.indices((32, 32, 3))
  mask = np.zeros((1, 32, 32, 1), np.uint8)
  mask[:, 11:21, 12:20] = 1
  return (7 * row + 3 * column * (channel + 1))[None].astype(np.uint8), mask


def completed(folder):
  """What the network of a model directory paints into the hole of `picture`: `[10, 8, 3]`
  float32, 0..255.
  """
  variables, description = model_files.load(folder)
  image, mask = picture()
  generator = architectures.build_generator(description.architecture)
  run = jax.jit(network.function(generator, description))
  raw = run(variables, image.astype(np.float32), mask)
  return np.asarray(raw)[0, 11:21, 12:20]


def lively(shapes, seed):
  """Random variables whose outputs differ from pixel to pixel: so few channels need a loud last
  layer.
  """
  variables = fakes.random_leaves(shapes, seed)
  for name in ('conv17', 'deconv3'):
    if name in variables['params']:
      variables['params'][name]['kernel'] *= 40
  return variables


def main(folder):
  """Writes all of them."""
  for name, architecture in ARCHITECTURES.items():
    generator = architectures.build_generator(architecture)
    image = np.zeros((1, 32, 32, 3), np.float32)
    shapes = jax.eval_shape(generator.init, jax.random.key(0), image, image[..., :1])
    glcic = name.startswith('glcic')
    model_files.write(
      folder / name,
      lively(shapes, SEEDS[name]),
      model_files.Description(
        method='glcic' if glcic else 'context_encoder_center',
        architecture=architecture,
        value_range=(0.0, 1.0) if glcic else (-1.0, 1.0),
        mean_color=(0.5, 0.4, 0.3),
        image_size=32,
        mask={'kind': 'rectangle', 'side': [8, 16]} if glcic else {'kind': 'center', 'side': 0.375},
        step=7,
        versions={'glcic_jax': '0.1.0', 'jax': jax.__version__},
      ),
    )
    np.save(folder / name / 'completed.npy', completed(folder / name))


if __name__ == '__main__':
  main(pathlib.Path(sys.argv[1]))
