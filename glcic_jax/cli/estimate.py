"""glcic-jax estimate --config configs/X.py [--devices N] [--peak-tflops T] [--price P]
[--config.KEY=VALUE ...]
"""

from collections.abc import Sequence
import dataclasses
import json
import math
from typing import Any

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.cli import configured
from glcic_jax.pages import charts
from glcic_jax.reporting import spent

UTILISATION = 0.5  # an assumption, and said to be one

_HELP = f"""usage: glcic-jax estimate --config FILE [--devices N] [--peak-tflops T] [--utilisation U] [--price P]
                          [--compile] [--json] [--config.KEY=VALUE ...]

What a run will cost, before it costs anything: FLOPs counted from the layers, memory from the traced steps, hours
and money for the whole schedule. It trains no step and needs no pictures.

  --config FILE          a Python file with get_config(), such as configs/glcic_places2.py
  --devices N            that share the batch (1)
  --peak-tflops T        what one device can do, in 10^12 FLOP/s, as its maker or a benchmark says. Without it, a
                         large matrix product is measured on this machine, now
  --utilisation U        the share of that peak which the model's FLOPs will get, 0 to 1 ({UTILISATION:g}, an
                         assumption: benchmarks/train_step.py measures it)
  --price P              of one device for one hour, in any currency
  --compile              also compile each step ahead of time, and print what the compiler says of its memory and
                         traffic; takes minutes. For the accelerators here, or else for simulated CPU devices
  --json                 print JSON; `glcic-jax report --estimate FILE` compares it with the run
  --config.KEY=VALUE     changes one key, such as --config.batch_size=16

Counted: the model's convolutions and matrix products, 2 FLOPs for each multiply and add; the arrays of one step.
Not counted: compiling, reading pictures, validation, checkpoints, talk between devices, and the workspace of a
compiler's libraries."""


def main(arguments: Sequence[str]) -> int:
  """Prints the estimate; returns the exit code."""
  if any(argument in ('-h', '--help') for argument in arguments):
    print(_HELP)
    return 0
  switches = {name: name in arguments for name in ('--compile', '--json')}
  config, options = configured.parse(
    'estimate',
    [argument for argument in arguments if argument not in switches],
    {'devices': '1', 'peak-tflops': '', 'utilisation': str(UTILISATION), 'price': ''},
  )
  devices = whole_number('devices', options['devices'])
  peak = number('peak-tflops', options['peak-tflops'])
  utilisation = number('utilisation', options['utilisation'], highest=1)
  price = number('price', options['price'])
  config_lib.check(config)
  from glcic_jax.cost import estimate  # JAX starts only now that the usage is right

  estimate.check_devices(config, devices)
  estimate.simulate_devices(devices, host_alone=peak is not None and not switches['--compile'])
  counted = estimate.count(config, devices)
  peak_from = 'given'
  if peak is None:
    peak, peak_from = _measured(config)
  seconds = estimate.seconds_per_step(counted, peak=peak * 1e12, utilisation=utilisation)
  total = estimate.hours(counted, seconds)
  result = dataclasses.asdict(counted) | {
    'config': {key: config_lib.value_of(config, key) for key in ('method', 'image_size', 'dtype')},
    'peak_tflops': peak,
    'peak_from': peak_from,
    'utilisation': utilisation,
    'seconds_per_step': seconds,
    'hours': total,
    'money': None if price is None else total * devices * price,
    'compiled': estimate.compiled(config, devices) if switches['--compile'] else None,
  }
  print(json.dumps(result, indent=2) if switches['--json'] else '\n'.join(_table(result)))
  return 0


def _measured(config: Any) -> tuple[float, str]:
  """10^12 FLOP/s of one device here, and what was measured."""
  import jax

  from glcic_jax.cost import flops

  rate = flops.matrix_rate(config.dtype)
  return (
    rate / 1e12,
    f'measured now: a {config.dtype} matrix product on one {jax.devices()[0].device_kind}',
  )


def whole_number(name: str, text: str) -> int:
  """An option's value, 1 or more; else a sentence."""
  if not text.isdecimal() or not 1 <= int(text) <= 100_000:
    raise errors.InputError(f'--{name} is {text!r}; give a whole number, 1 or more.')
  return int(text)


def number(name: str, text: str, highest: float = math.inf) -> float | None:
  """An option's value above 0, None where it was not given; else a sentence."""
  if not text:
    return None
  try:
    value = float(text)
  except ValueError:
    value = math.nan
  if not 0 < value <= highest or math.isinf(value):
    limit = '' if highest == math.inf else f', and at most {highest:g}'
    raise errors.InputError(f'--{name} is {text!r}; give a number above 0{limit}.')
  return value


def _table(result: dict[str, Any]) -> list[str]:
  config, number = result['config'], charts.number
  networks = ', '.join(f'{name} {count:,}' for name, count in result['parameters'].items())
  lines = [
    f'{config["method"]}, {config["image_size"]} px, batch {result["batch_size"]} over '
    f'{result["devices"]} '
    f'device(s), {config["dtype"]}; parameters: {networks}',
    '',
    f'{"phase":<16}{"steps":>9}{"GFLOP/image":>13}{"GFLOP/step":>12}{"s/step":>10}{"hours":>9}{"GB/device":>11}',
  ]
  for name, phase in result['phases'].items():
    seconds = result['seconds_per_step'][name]
    lines.append(
      f'{name:<16}{phase["steps"]:>9,}{number(phase["flops_per_image"] / 1e9):>13}'
      f'{number(phase["flops_per_step"] / 1e9):>12}{number(seconds):>10}'
      f'{number(phase["steps"] * seconds / 3600):>9}{number(phase["peak_bytes"] / 1e9):>11}'
    )
  lines += ['', *(f'{label:<12}{text}' for label, text in _facts(result)), '']
  if result['compiled']:
    lines += _compiled_table(result['compiled'])
  return lines + [
    'Counted: convolutions and matrix products, and the arrays of one step as it is traced.',
    'Not counted: compiling, reading pictures, validation, checkpoints, talk between devices, '
    'workspace.',
  ]


def _facts(result: dict[str, Any]) -> list[tuple[str, str]]:
  number, most = charts.number, max(phase['peak_bytes'] for phase in result['phases'].values())
  facts = [
    (
      'time',
      f'{spent.duration(result["hours"] * 3600)} for the whole schedule, at '
      f'{result["utilisation"]:.0%} of '
      f'{number(result["peak_tflops"])} TFLOP/s a device',
    ),
    ('peak', result['peak_from']),
    (
      'memory',
      f'{number(most / 1e9)} GB on each device, of which {number(result["state_bytes"] / 1e9)} GB '
      'are the '
      'state',
    ),
    ('disk', f'{number(result["checkpoints_bytes"] / 1e9)} GB for the checkpoints that are kept'),
    ('from host', f'{number(result["batch_bytes"] / 1e6)} MB a step'),
  ]
  if result['money'] is not None:
    facts.insert(
      2,
      (
        'money',
        f'{result["money"]:,.2f} for {number(result["hours"] * result["devices"])} device hours',
      ),
    )
  return facts


def _compiled_table(compiled: dict[str, dict[str, Any]]) -> list[str]:
  kind = next(iter(compiled.values()))['device']

  def show(value: float | None) -> str:
    return 'not said' if value is None else charts.number(value / 1e9)

  return [
    f'As compiled for {kind}, on each device:',
    f'{"phase":<16}{"GB temporary":>14}{"GB arguments":>14}{"GFLOP":>10}{"GB accessed":>13}',
    *(
      f'{name:<16}{show(row["temporary_bytes"]):>14}{show(row["argument_bytes"]):>14}{show(row["flops"]):>10}'
      f'{show(row["accessed_bytes"]):>13}'
      for name, row in compiled.items()
    ),
    '',
  ]
