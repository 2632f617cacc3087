"""glcic-jax doctor [--json]"""

from collections.abc import Iterator, Mapping, Sequence
import json
import os
import platform
import shutil
import sys
import textwrap
from typing import Any

import glcic_jax
from glcic_jax import errors
from glcic_jax import files
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import terminal
from glcic_jax.doctor import accelerators
from glcic_jax.doctor import installed
from glcic_jax.doctor import kept
from glcic_jax.doctor import trial

# What the package is used for besides completing -> the extra that it needs; '': none.
_USES = {'evaluating': '', 'training': 'train', 'serving': 'web'}
# What an extra adds.
_ADDS = {
  'train': 'training',
  'train-tf': 'training by tf.data, TFDS, and TensorBoard events by clu',
  'tf': 'the same as train-tf',
  'tfds': 'data sets that TFDS has prepared, as pictures to train on',
  'gs': 'pictures and workdirs in gs:// buckets',
  'simd': 'faster resampling of pictures to train on',
  'hub': 'models of the Hugging Face Hub',
  'shell-completion': 'the TAB key',
  'heif': 'pictures in HEIC, as telephones make them',
  'onnx': 'export to ONNX',
  'convert': 'weights in .pth and .pt',
  'web': 'the brush page and its HTTP API',
  'evaluate': 'the baselines biharmonic and patchmatch',
  'metrics': 'FID, KID and LPIPS',
  'cuda': 'NVIDIA GPUs',
  'tpu': 'TPUs',
}

_LABEL = 20  # columns
_NO_BREAK = '\N{NO-BREAK SPACE}'


def main(arguments: Sequence[str]) -> int:
  """Prints what it finds; returns 0 if completing works, else 1."""
  options = _parser().parse_args(arguments)
  findings = _examine()
  width = min(shutil.get_terminal_size((80, 24)).columns, 100)
  text = json.dumps(findings, indent=2) if options.json else '\n'.join(_screen(findings, width))
  terminal.Terminal().result(text)
  return 0 if findings['works'] else 1


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'doctor',
    'Says what can be done here, and how to add what cannot; then what is installed, whether the '
    'devices compute, and what lies in the caches. Exit code 0 if the model in the package '
    'completes a picture, else 1.',
  )
  parser.add_argument('--json', action='store_true', help='print JSON')
  return parser


def _examine() -> dict[str, Any]:
  """All findings, as plain values."""
  names = [*installed.needed(), 'jaxlib']
  tried = trial.run()
  platforms = {device['platform'] for device in tried['devices'].get('found', ())}
  works, extras = tried['completing']['error'] is None, installed.extras()
  ready = {
    use: works and not installed.missing(extra)
    for use, extra in _USES.items()
    if not extra or extra in extras  # where it runs from its folder, nobody knows
  }
  return {
    'works': works,
    'ready': ready,
    'version': glcic_jax.__version__,
    'folder': os.path.dirname(glcic_jax.__file__),
    'installed_version': installed.version(installed.PACKAGE),
    'python': platform.python_version(),
    'executable': sys.executable,
    'machine': f'{platform.system()} {platform.machine()}',
    'cpus': os.cpu_count(),
    'libraries': {name: installed.version(name) for name in names},
    'missing': installed.missing(),
    'extras': {name: {'missing': installed.missing(name)} for name in extras},
    **tried,
    'unused': accelerators.unused(platforms),
    'caches': [cache._asdict() for cache in kept.everything()],
  }


def _screen(findings: Mapping[str, Any], width: int) -> Iterator[str]:
  """The findings as lines."""
  yield from _verdict(findings, width)
  yield ''
  yield from _row('glcic_jax', f'{findings["version"]}, {_whole(findings["folder"])}', width)
  python = f'{findings["python"]}, {_whole(findings["executable"])}'
  yield from _row('Python', python, width)
  yield from _row('machine', f'{findings["machine"]}, {findings["cpus"]} CPU cores', width)
  libraries = [f'{name} {version}' for name, version in findings['libraries'].items() if version]
  yield from _row('libraries', ', '.join(libraries) or 'unknown', width)
  for text in _complaints(findings):
    yield from _row('', text, width)
  yield from _trial(findings, width)
  yield from _extras(findings['extras'], width)
  yield from _caches(findings['caches'], width)


def _verdict(findings: Mapping[str, Any], width: int) -> Iterator[str]:
  """What can be done here, a line each."""
  completing = findings['completing']
  fine = f'works: a picture of {trial.SIDE} px in {completing.get("seconds")} s, known pixels kept'
  trouble = next(
    (findings[name]['error'] for name in ('model', 'devices') if findings[name]['error']),
    completing['error'],
  )
  works = findings['works']
  yield from _row('completing', fine if works else f'does not work here: {trouble}', width)
  for use, is_ready in findings['ready'].items():
    extra = _USES[use]
    if is_ready:
      text = 'ready'
    elif findings['extras'].get(extra, {}).get('missing'):
      text = f'not installed; to add it: {errors.install(extra)}'
    else:
      text = 'once completing works'
    yield from _row(use, text, width)


def _complaints(findings: Mapping[str, Any]) -> Iterator[str]:
  """What is wrong with how the package was installed."""
  if findings['missing']:
    yield f'missing: {", ".join(findings["missing"])}; install glcic_jax again'
  if findings['installed_version'] is None:
    yield 'glcic_jax runs from its folder; what it needs is known once pip has installed it'
  elif findings['installed_version'] != findings['version']:
    yield (
      f'installed as {findings["installed_version"]}: what it needs may have changed since; '
      'install it again'
    )


def _trial(findings: Mapping[str, Any], width: int) -> Iterator[str]:
  """What became of the devices and of the model."""
  yield ''
  model, devices = findings['model'], findings['devices']
  fine = f'{model.get("name")}: {model.get("numbers", 0):,} numbers, as its digest says'
  yield from _row('default model', model['error'] or fine, width)
  if devices['error']:
    yield from _row('devices', devices['error'], width)
  for device in devices.get('found', ()):
    memory = f', {files.amount(device["memory"])}' if device['memory'] else ''
    state = f'does not compute: {device["error"]}' if device['error'] else 'computes'
    name = f'{device["platform"]}:{device["id"]}'
    yield from _row(name, f'{device["kind"]}{memory}: {state}', width)
  for sentence in findings['unused']:
    yield from _row('', sentence, width)


def _extras(extras: Mapping[str, Any], width: int) -> Iterator[str]:
  """Those that are here in a line, and what each of the others would add."""
  if not extras:
    return
  here = [name for name, extra in extras.items() if not extra['missing']]
  yield ''
  yield from _row('extras', f'installed: {", ".join(here) or "none"}', width)
  others = {name: extra['missing'] for name, extra in extras.items() if extra['missing']}
  if not others:
    return
  yield from _row('', f'to add others: {errors.install("NAME")}', width)
  for name, missing in others.items():
    outdated = [one for one in missing if '(' in one]  # too old: this is news
    text = f'{_ADDS.get(name, name)}{"; needs " if outdated else ""}{", ".join(outdated)}'
    yield from _row(f'  {name}', text, width)


def _caches(caches: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
  yield ''
  for cache in caches:
    size = f'{cache["files"]} files, {files.amount(cache["bytes"])}' if cache['files'] else 'none'
    place = ' here' if cache['folder'] == os.curdir else f', {_whole(cache["folder"])}'
    yield from _row(cache['what'], size + place, width)


def _whole(text: str) -> str:
  """A path or a command that `_row` does not break, so that it can be copied."""
  return text.replace(' ', _NO_BREAK)


def _row(label: str, text: str, width: int) -> list[str]:
  """A label and what it is about, in lines of `width` columns where its words allow that."""
  lines = textwrap.wrap(
    text,
    width,
    initial_indent=f'{label:<{_LABEL}}',
    subsequent_indent=' ' * _LABEL,
    break_long_words=False,
    break_on_hyphens=False,
  )
  return [line.replace(_NO_BREAK, ' ') for line in lines]
