"""An estimate as a table for a terminal."""

from typing import Any

from glcic_jax.pages import charts
from glcic_jax.reporting import spent


def lines(result: dict[str, Any]) -> list[str]:
  """What `prediction.estimated` returned, line by line."""
  config, number = result['config'], charts.number
  networks = ', '.join(f'{name} {count:,}' for name, count in result['parameters'].items())
  found = [
    f'{config["method"]}, {config["image_size"]} px, batch {result["batch_size"]} over '
    f'{result["devices"]} device(s), {config["dtype"]}; parameters: {networks}',
    '',
    f'{"phase":<16}{"steps":>9}{"GFLOP/image":>13}{"GFLOP/step":>12}{"s/step":>10}{"hours":>9}'
    f'{"GB/device":>11}',
  ]
  for name, phase in result['phases'].items():
    seconds = result['seconds_per_step'][name]
    found.append(
      f'{name:<16}{phase["steps"]:>9,}{number(phase["flops_per_image"] / 1e9):>13}'
      f'{number(phase["flops_per_step"] / 1e9):>12}{number(seconds):>10}'
      f'{number(phase["steps"] * seconds / 3600):>9}{number(phase["peak_bytes"] / 1e9):>11}'
    )
  found += ['', *(f'{label:<12}{text}' for label, text in _facts(result)), '']
  if result['compiled']:
    found += _compiled(result['compiled'])
  return found + [
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
      f'{result["utilisation"]:.0%} of {number(result["peak_tflops"])} TFLOP/s a device',
    ),
    ('peak', result['peak_from']),
    (
      'memory',
      f'{number(most / 1e9)} GB on each device, of which {number(result["state_bytes"] / 1e9)} GB '
      'are the state',
    ),
    ('disk', f'{number(result["checkpoints_bytes"] / 1e9)} GB for the checkpoints that are kept'),
    ('from host', f'{number(result["batch_bytes"] / 1e6)} MB a step'),
  ]
  if result['money'] is not None:
    hours = number(result['hours'] * result['devices'])
    facts.insert(2, ('money', f'{result["money"]:,.2f} for {hours} device hours'))
  return facts


def _compiled(compiled: dict[str, dict[str, Any]]) -> list[str]:
  kind = next(iter(compiled.values()))['device']

  def show(value: float | None) -> str:
    return 'not said' if value is None else charts.number(value / 1e9)

  return [
    f'As compiled for {kind}, on each device:',
    f'{"phase":<16}{"GB temporary":>14}{"GB arguments":>14}{"GFLOP":>10}{"GB accessed":>13}',
    *(
      f'{name:<16}{show(row["temporary_bytes"]):>14}{show(row["argument_bytes"]):>14}'
      f'{show(row["flops"]):>10}{show(row["accessed_bytes"]):>13}'
      for name, row in compiled.items()
    ),
    '',
  ]
