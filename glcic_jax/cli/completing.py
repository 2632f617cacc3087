"""The options that commands which complete pictures share."""

import argparse


def add_model(parser: argparse.ArgumentParser) -> None:
  """Adds `--model`."""
  parser.add_argument(
    '--model',
    required=True,
    help='a model directory, a training workdir, one checkpoint in it, or a name on the Hugging '
    'Face Hub',
  )


def add_manner(parser: argparse.ArgumentParser) -> None:
  """Adds how a picture is completed: `--blend`, `--large`, `--device`."""
  add = parser.add_argument
  add(
    '--blend',
    choices=('poisson', 'opencv', 'none'),
    default='poisson',
    help='how the hole is fitted to its surroundings (poisson)',
  )
  add(
    '--large',
    choices=('crop', 'resize', 'whole'),
    default='crop',
    help='what the network sees: crop, the surroundings of each hole, at the scale that it was '
    'trained for; resize, the picture at that scale; whole, the picture as it is (crop)',
  )
  add('--device', choices=('cpu', 'gpu', 'tpu'), help='by default the best there is')
