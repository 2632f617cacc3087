"""An estimate as a table for a terminal."""

import textwrap
from typing import Any

from glcic_jax.pages import charts
from glcic_jax.reporting import spent
from glcic_jax.training import memory


def lines(result: dict[str, Any], name: str) -> list[str]:
  """What `estimate.as_json` returned of the config `name`, line by line."""
  config = result['config']
  networks = ', '.join(f'{name} {count:,}' for name, count in result['parameters'].items())
  found = [
    f'{name}: {config["method"]}, {config["image_size"]} px, batch {result["batch_size"]} over '
    f'{result["devices"]} device(s), {config["dtype"]}; parameters: {networks}',
    '',
    f'{"phase":<16}{"steps":>9}{"GFLOP/image":>13}{"GFLOP/step":>12}{"s/step":>10}{"hours":>9}'
    f'{"GB/device":>11}',
  ]
  for name, phase in result['phases'].items():
    seconds = result['seconds_per_step'][name]
    found.append(
      f'{name:<16}{phase["steps"]:>9,}{_giga(phase["flops_per_image"]):>13}'
      f'{_giga(phase["flops_per_step"]):>12}{charts.number(seconds):>10}'
      f'{charts.number(phase["steps"] * seconds / 3600):>9}{_giga(phase["peak_bytes"]):>11}'
    )
  found += ['', *_facts(result), '']
  if compiled := result['compiled']:
    kind = next(iter(compiled.values()))['device']
    found += [
      f'As compiled for {kind}, on each device:',
      f'{"phase":<16}{"GB temporary":>14}{"GB arguments":>14}{"GFLOP":>10}{"GB accessed":>13}',
      *(
        f'{name:<16}{_giga(row["temporary_bytes"]):>14}{_giga(row["argument_bytes"]):>14}'
        f'{_giga(row["flops"]):>10}{_giga(row["accessed_bytes"]):>13}'
        for name, row in compiled.items()
      ),
      '',
    ]
  return found + [
    'Counted: convolutions and matrix products, and the arrays of one step as it is traced.',
    'Not counted: compiling, reading pictures, validation, checkpoints, talk between devices, '
    'workspace.',
  ]


def _facts(result: dict[str, Any]) -> list[str]:
  most = max(phase['peak_bytes'] for phase in result['phases'].values())
  time = spent.duration(result['hours'] * 3600)
  rate = f'{result["utilisation"]:.0%} of {charts.number(result["peak_tflops"])} TFLOP/s a device'
  facts = {'time': f'{time} for the whole schedule, at {rate}', 'peak': result['peak_from']}
  if result['money'] is not None:
    hours = charts.number(result['hours'] * result['devices'])
    facts['money'] = f'{result["money"]:,.2f} for {hours} device hours'
  state = f'{_giga(result["state_bytes"])} GB are the state'
  facts['memory'] = f'{_giga(most)} GB on each device, of which {state}'
  facts.update(_verdict(result, most))
  facts['disk'] = f'{_giga(result["checkpoints_bytes"])} GB for the checkpoints that are kept'
  facts['from host'] = f'{charts.number(result["batch_bytes"] / 1e6)} MB a step'
  return [line for name, text in facts.items() for line in _wrapped(name, text)]


def _wrapped(name: str, text: str) -> list[str]:
  indent = ' ' * 12
  return textwrap.wrap(
    text,
    100,
    initial_indent=f'{name:<{len(indent)}}',
    subsequent_indent=indent,
    break_on_hyphens=False,
  )


def _verdict(result: dict[str, Any], needed: int) -> dict[str, str]:
  """Whether that is there, as far as it is known, and what decides it."""
  there = result['device_memory_bytes']
  if there is None or needed <= there:
    fits = '' if there is None else f'{_giga(there)} GB are here; '
    return {'': f'{fits}--config.batch_size, .image_size and .model.width decide it'}
  remedy = memory.remedy(
    result['batch_size'],
    needed=needed,
    there=there,
    state=result['state_bytes'],
    devices=result['devices'],
  )
  return {'too much': f'{_giga(there)} GB are here: {remedy}'}


def _giga(value: float | None) -> str:
  """In 10^9; None where the compiler does not say it."""
  return 'not said' if value is None else charts.number(value / 1e9)
