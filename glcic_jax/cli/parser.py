"""The parser of every command: argparse, whose complaints are one sentence with exit code 2.

    options = parser.Parser('export', 'Writes a model ...')
    options.add_argument('--weights', choices=('baked', 'separate'), ...)

A mistyped option or choice is answered with what was probably meant. What a value can be is said in
`values`.
"""

import argparse
from collections.abc import Sequence
import itertools
import re
import textwrap
from typing import Any, NoReturn

from glcic_jax import errors
from glcic_jax.cli import examples
from glcic_jax.cli import values
from glcic_jax.inference import manner
from glcic_jax.model_directory import shipped
from glcic_jax.pictures import mask_meaning


class _Formatter(argparse.HelpFormatter):
  """Breaks no line inside the name of a command or an option."""

  def _split_lines(self, text: str, width: int) -> list[str]:
    return textwrap.wrap(' '.join(text.split()), width, break_on_hyphens=False)

  def _fill_text(self, text: str, width: int, indent: str) -> str:
    if '\n\n' in text:
      return '\n\n'.join(self._fill_text(part, width, indent) for part in text.split('\n\n'))
    if '\n' in text:  # examples, to be copied
      return textwrap.indent(text, indent)
    return '\n'.join(indent + line for line in self._split_lines(text, width))


_GIVEN = '_given'  # in the namespace: the options so far


class _Once(argparse.Action):
  """An option that is refused where it is given twice: one of the two would be passed over."""

  def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
    given = vars(namespace).setdefault(_GIVEN, set())
    if self.option_strings and self.dest in given:
      raise argparse.ArgumentError(self, 'is given twice; give it once.')
    given.add(self.dest)
    super().__call__(parser, namespace, values, option_string)


class Parser(argparse.ArgumentParser):
  """An `argparse.ArgumentParser` of one command; options are written in full. Its help ends in
  `examples`.
  """

  def __init__(self, command: str, description: str, epilog: str = ''):
    shown = f'examples:\n{textwrap.indent(examples.of(command), "  ")}'
    super().__init__(
      prog=f'glcic-jax {command}',
      description=description,
      epilog=f'{epilog}\n\n{shown}' if epilog else shown,
      formatter_class=_Formatter,
      allow_abbrev=False,
    )
    self.see_help = f'see {self.prog} --help.'
    for name, kind in (('store', argparse._StoreAction), ('store_true', argparse._StoreTrueAction)):
      self.register('action', name, type(f'Once{kind.__name__}', (_Once, kind), {}))
    self.register('action', None, self._registry_get('action', 'store'))
    self.register('type', None, values.text)

  def add_model(self, default: str | None = None, also: str = '') -> None:
    """Adds `--model`, to be left out where there is a default; `also`: what else it takes."""
    self.add_argument(
      '--model',
      required=default is None,
      default=default,
      help=f'{shipped.DEMO}, the model in the package; a model directory, a training workdir, one '
      f'checkpoint in it, a name on the Hugging Face Hub{also}'
      + (f' ({default})' if default else ''),
    )

  def add_mask_channel(self, where: str) -> None:
    """Adds `--mask-channel`; `where`: what it is for."""
    self.add_argument(
      mask_meaning.FLAG,
      choices=mask_meaning.CHANNELS,
      help=f'{where}, what says where the hole is: alpha, what is opaque; luminance, what is light '
      '(what the mask holds decides)',
    )

  def add_manner(self) -> None:
    """Adds how a picture is completed: `--blend`, `--large`, `--detail`, `--scale`, `--device`."""
    self.add_argument(
      '--blend',
      choices=manner.BLENDS,
      default='poisson',
      help='how the hole is fitted to its surroundings (poisson)',
    )
    self.add_argument(
      '--large',
      choices=manner.LARGE,
      default='crop',
      help='what the network sees of a picture: crop, the surroundings of each hole, at the scale '
      'that it was trained for; resize, the picture at that scale; whole, the picture as it is '
      '(crop)',
    )
    self.add_argument(
      '--detail',
      type=values.strength,
      metavar='0..1|off',
      help='how much of the fine texture in the hole comes from the rest of the picture instead of '
      f"the network (the model's own default: 1 for {shipped.DEMO} and for models that the first "
      'phase alone has trained, whose output is smooth; else off)',
    )
    self.add_argument(
      '--scale',
      choices=manner.SCALES,
      help='auto: the network sees each hole at the scale of the holes that it was trained on; 1: '
      "the picture's own, unless a hole fills more than half of what it sees (the model's own "
      'default: auto where that of --detail is on, else 1)',
    )
    devices = ('cpu', 'gpu', 'tpu')
    self.add_argument('--device', choices=devices, help='by default the best there is')

  def parse_args(self, args: Sequence[str], namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
    """Reads what follows the command's name.

    Raises:
      errors.InputError: in one sentence, on wrong usage.
    """
    self._check_options(args)
    options, rest = self.parse_known_args(args, namespace)
    if rest:
      quotes = '' if rest[0].startswith('-') else 'a value with a space in it needs quotes; '
      raise errors.InputError(f'{rest[0]!r} is not understood; {quotes}{self.see_help}')
    options.__dict__.pop(_GIVEN, None)
    return options

  def error(self, message: str) -> NoReturn:
    """Raises argparse's complaint as a sentence of ours."""
    if match := re.fullmatch(r'argument (\S+): (is .*)', message, re.DOTALL):  # one of `values`
      raise errors.InputError(f'{match[1].split("/")[-1]} {match[2]}')
    if match := re.fullmatch(r'.* required: (.*)', message):
      names = match[1].split(', ')
      verb = 'is' if len(names) == 1 else 'are'
      raise errors.InputError(f'{" and ".join(names)} {verb} missing; {self.see_help}')
    raise errors.InputError(f'{message.removeprefix("argument ")}; {self.see_help}')

  def _check_options(self, arguments: Sequence[str]) -> None:
    """Refuses an unknown option, before argparse says that the one it was meant for is missing."""
    known = list(self._option_string_actions)
    for argument in itertools.takewhile(lambda argument: argument != '--', arguments):
      match = re.fullmatch(r'(--?[A-Za-z][^=\s]*)(=.*)?', argument, re.DOTALL)
      if match and match[1] not in known:
        hint = errors.did_you_mean(match[1], known) or self.see_help
        raise errors.InputError(f'There is no option {match[1]}; {hint}')

  def _check_value(self, action: argparse.Action, value: Any) -> None:
    """Says which of the choices was probably meant."""
    if action.choices is not None and value not in action.choices:
      *others, last = map(str, action.choices)
      can_be = f'{", ".join(others)} or {last}' if others else last
      hint = errors.did_you_mean(str(value), [*others, last])
      sentence = errors.with_hint(f'is {value!r}; it can be {can_be}.', hint)
      raise argparse.ArgumentError(action, sentence)
