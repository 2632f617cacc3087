"""What XLA makes of each phase's step for a device that is not here: compiled, and nothing runs.

    # Of the installed jax's version; neither CUDA nor a driver is needed.
    pip install jax-cuda13-plugin==VERSION jax-cuda13-pjrt==VERSION
    python benchmarks/ahead_of_time.py [--config configs/glcic_places2.py]
        [--config.dtype=bfloat16 ...] [--devices 8] [--matrix-tflops 790 --copy-tbps 4.3]
        [--json FILE] [--programs FOLDER]

    pip install libtpu
    python benchmarks/ahead_of_time.py --tpu v5e:2x2 [--devices 4] [...]

For each phase: its operations by kind, their arithmetic and the bytes that they read and write, and
how long the device takes at least for that at the two rates given (one H200's, in bfloat16). No
library reaches them, so it is a floor and no prediction: it serves to compare two ways of writing a
step, and to find convolutions that cuDNN does not get as one of its own three. Such a one stands in
the table with its window. `glcic-jax estimate --compile` compiles for the devices that are here.

Without a device XLA tunes nothing: which algorithm a convolution will run by is not decided here.
For a TPU the table has the cycles that its compiler expects of the operations, by layer.
"""

import collections
from collections.abc import Iterator, Mapping, Sequence
import json
import math
import os
import pathlib
import re
from typing import Any, NamedTuple

# The host compiles; whatever accelerator it may have is left alone.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')

from absl import app
from absl import flags
import jax
from jax.experimental import topologies
from ml_collections import config_flags

from glcic_jax import config as config_lib
from glcic_jax import parallel
from glcic_jax.cost import estimate
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

_CONFIG = config_flags.DEFINE_config_file('config', 'configs/glcic_places2.py')
_MATRIX = flags.DEFINE_float('matrix-tflops', 790, 'TFLOP/s of a matrix product.', lower_bound=0)
_COPY = flags.DEFINE_float(
  'copy-tbps', 4.3, 'TB/s of memory, read and written bytes together.', lower_bound=0
)
_DEVICES = flags.DEFINE_integer(
  'devices', 1, 'How many share the batch, of one host.', lower_bound=1
)
_TPU = flags.DEFINE_string('tpu', None, 'Compile for a slice of TPUs, such as v5e:2x2, instead.')
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')
_PROGRAMS = flags.DEFINE_string('programs', None, 'Folder for the compiled programs as text.')

# One H200, as its data sheet and the driver describe it.
_TARGET = """
gpu_device_info {
  name: "NVIDIA H200"  device_vendor: "NVIDIA Corporation"
  cuda_compute_capability { major: 9 feature_extension: ACCELERATED_FEATURES }
  core_count: 132  fpus_per_core: 128  clock_rate_ghz: 1.98  ecc_enabled: true
  device_memory_size: 151397597184  memory_bandwidth: 4800000000000  l2_cache_size: 52428800
  threads_per_warp: 32  threads_per_block_limit: 1024  threads_per_core_limit: 2048
  registers_per_core_limit: 65536  registers_per_block_limit: 65536
  shared_memory_per_core: 233472
  shared_memory_per_block: 49152  shared_memory_per_block_optin: 232448
  thread_dim_limit_x: 1024  thread_dim_limit_y: 1024  thread_dim_limit_z: 64
  block_dim_limit_x: 2147483647  block_dim_limit_y: 65535  block_dim_limit_z: 65535
  device_address_bits: 64  pcie_bandwidth: 34359738368
  driver_version: "13.0.0"  runtime_version: "13.0.0"
  compile_time_toolkit_version: "13.0.0"  dnn_version: "9.10.0"
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 10 patch: 0 }
device_description_str: "NVIDIA H200"
"""
_BYTES = {
  'pred': 1,
  's8': 1,
  'u8': 1,
  'bf16': 2,
  'f16': 2,
  'f32': 4,
  's32': 4,
  'u32': 4,
  'f64': 8,
  's64': 8,
  'u64': 8,
}
_FREE = {'parameter', 'constant', 'get-tuple-element', 'tuple', 'bitcast', 'all-reduce-done'}
_ELEMENTWISE = {'convert', 'add', 'subtract', 'multiply', 'bitcast'}
_INSTRUCTION = re.compile(r'\s*(?:ROOT )?%(\S+) = (\((?:[^()]|\([^()]*\))*\)|\S+) ([\w-]+)\((.*)')
_CUDNN = re.compile(r'custom_call_target="__cudnn\$conv(\w+)"')


class Operation(NamedTuple):
  """One operation of the compiled program's outermost computation."""

  kind: str
  flops: float  # of convolutions; matrix products are few here and count nothing
  bytes: int


def main(arguments: list[str]) -> None:
  """Compiles the three steps and prints the tables."""
  config = _CONFIG.value
  config_lib.check(config)
  estimate.check_devices(config, _DEVICES.value)
  devices = _devices()[: _DEVICES.value]
  print(
    f'{devices[0].device_kind} x {len(devices)}, {config.image_size} px, batch '
    f'{config.batch_size}, {config.dtype}, jax {jax.__version__}; each device'
    + ('' if _TPU.value else f', at {_MATRIX.value:g} TFLOP/s and {_COPY.value:g} TB/s')
    + ':'
  )
  results = {}
  for phase, program in _compiled(config, devices):
    memory, text = program.memory_analysis(), program.as_text()
    if _PROGRAMS.value:
      pathlib.Path(_PROGRAMS.value).mkdir(parents=True, exist_ok=True)
      (pathlib.Path(_PROGRAMS.value) / f'{phase}.txt').write_text(text)
    size = memory.argument_size_in_bytes + memory.temp_size_in_bytes
    results[phase] = (
      _print_cycles(phase, text, size) if _TPU.value else _print(phase, operations(text), size)
    )
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(results, indent=2))


def _devices() -> Sequence[Any]:
  if not _TPU.value:
    return topologies.get_topology_desc(
      'h200', 'cuda', target_config=_TARGET, topology=f'1x{_DEVICES.value}x1'
    ).devices
  # What a TPU's host would say of itself; else its library looks for one.
  os.environ |= {
    'TPU_SKIP_MDS_QUERY': '1',
    'TPU_WORKER_HOSTNAMES': 'localhost',
    'TPU_ACCELERATOR_TYPE': 'v5litepod-4',
  }
  return topologies.get_topology_desc(_TPU.value, 'tpu').devices


def _compiled(config: config_lib.ConfigDict, devices: Sequence[Any]) -> Iterator[tuple[str, Any]]:
  kind, platform = ('tpu', 'tpu') if _TPU.value else ('gpu', 'cuda')
  mesh = parallel.make_mesh(devices)
  method = method_lib.from_config(config, (0.5, 0.5, 0.5)).compiled_for(kind)
  state = state_lib.abstract_state(method, config.image_size, mesh)
  batch = estimate.abstract_batch(config, config.batch_size)
  for phase, step in step_lib.compile_steps(method, mesh).items():
    yield phase.value, step.trace(state, batch).lower(lowering_platforms=(platform,)).compile()


def _print(phase: str, found: list[Operation], memory: int) -> dict[str, float]:
  kinds = collections.defaultdict(list)
  for operation in found:
    kinds[operation.kind].append(operation)
  print(f'\n{phase:<40}{"number":>8}{"TFLOP":>8}{"GB":>8}{"ms, at least":>14}')
  total = {'number': 0, 'tflop': 0.0, 'gigabytes': 0.0, 'floor_ms': 0.0}
  for kind, members in sorted(kinds.items(), key=lambda item: -sum(map(_floor, item[1]))):
    row = {
      'number': len(members),
      'tflop': sum(member.flops for member in members) / 1e12,
      'gigabytes': sum(member.bytes for member in members) / 1e9,
      'floor_ms': 1e3 * sum(map(_floor, members)),
    }
    total = {key: total[key] + row[key] for key in total}
    print(f'  {kind:<38}', *_columns(row), sep='')
  print(f'  {"in all":<38}', *_columns(total), f'{memory / 2**30:>10.1f} GiB of memory', sep='')
  return total | {'memory_bytes': memory}


def _print_cycles(phase: str, program: str, memory: int) -> dict[str, float]:
  layers: collections.Counter[str] = collections.Counter()
  for line in program.split('\nENTRY ', 1)[1].splitlines():
    cycles = re.search(r'"estimated_cycles":"(\d+)"', line)
    if cycles:
      names = re.findall(
        r'\b(?:de)?conv\d+|\bnorm\d+', ' '.join(re.findall(r'op_name="([^"]+)"', line))
      )
      layers[names[-1] if names else 'other'] += int(cycles[1])
  print(f'\n{phase:<40}{"million cycles":>16}')
  for layer, count in layers.most_common(10):
    print(f'  {layer:<38}{count / 1e6:>16.1f}')
  print(f'  {"in all":<38}{layers.total() / 1e6:>16.1f}{memory / 2**30:>10.1f} GiB of memory')
  return {'cycles': layers.total(), 'memory_bytes': memory}


def _columns(row: Mapping[str, float]) -> tuple[str, ...]:
  return (
    f'{row["number"]:>8}',
    f'{row["tflop"]:>8.2f}',
    f'{row["gigabytes"]:>8.2f}',
    f'{row["floor_ms"]:>14.2f}',
  )


def _floor(operation: Operation) -> float:
  """Seconds: a device computes and moves bytes at once."""
  return max(operation.flops / (1e12 * _MATRIX.value), operation.bytes / (1e12 * _COPY.value))


def operations(program: str) -> list[Operation]:
  """Those of the outermost computation that cost anything.

  Args:
    program: an optimised HLO module as text.
  """
  before, entry = program.split('\nENTRY ', 1)
  bodies = {body.split(' ', 1)[0].lstrip('%'): body for body in before.split('\n\n')}
  types, found = {}, []
  for line in entry.splitlines():
    match = _INSTRUCTION.match(line)
    if not match:
      continue
    name, made, code, rest = match.groups()
    types[name] = made
    if code in _FREE:
      continue
    inputs = [types[operand] for operand in re.findall(r'%([\w.-]+)', rest.split(')', 1)[0])]
    called = re.search(r'calls=%([\w.-]+)', rest)
    read = _read(bodies.get(called[1], ''), inputs) if called else sum(map(_size, inputs))
    cudnn = _CUDNN.search(rest)
    kind, flops = (
      _convolution(cudnn[1], made, inputs, rest) if cudnn else (code.removesuffix('-start'), 0.0)
    )
    found.append(Operation(kind, flops, read + _size(made)))
  return found


def _read(body: str, inputs: list[str]) -> int:
  """Bytes that a fusion reads: of an input of which it only needs slices, those."""
  total = 0
  for number, made in enumerate(inputs):
    name = re.search(rf'%(\S+) = \S+ parameter\({number}\)', body)
    total += int(_size(made) * (_needed(body, name[1], _elements(made)) if name else 1))
  return total


def _needed(body: str, name: str, elements: int) -> float:
  """The share, 0..1, of a value's elements that the rest of a fusion needs."""
  share = 0.0
  users = re.findall(rf'%(\S+) = (\S+) ([\w-]+)\((?:[^)]* )?%{re.escape(name)}[,)]', body)
  for user, made, code in users:
    if code == 'slice':
      share += _elements(made) / elements
    elif code in _ELEMENTWISE and _elements(made) == elements:
      share += _needed(body, user, elements)
    else:
      return 1.0
  return min(share, 1.0) if users else 1.0


def _convolution(call: str, made: str, inputs: list[str], rest: str) -> tuple[str, float]:
  """What cuDNN is asked for, and 2 FLOPs for each multiplication and addition. Pictures are
  NHWC, kernels OHWI.
  """
  first, second, output = _shape(inputs[0]), _shape(inputs[1]), _shape(made)
  if call == 'BackwardFilter':
    pixels, kernel = second, output
  elif call == 'BackwardInput':
    pixels, kernel = first, second
  else:
    pixels, kernel = output, second
  flops = 2.0 * pixels[0] * pixels[1] * pixels[2] * kernel[0] * kernel[1] * kernel[2] * kernel[3]
  window = _inside(r'window={([^}]*)}', rest)
  strange = max(kernel[1:3]) > 7 or 'rhs_reversal' in window
  name = {'BackwardFilter': 'gradient by the kernel', 'BackwardInput': 'gradient by the input'}.get(
    call, 'convolution'
  )
  return f'{name}, {window}' if strange else name, flops


def _shape(made: str) -> list[int]:
  return [int(side) for side in _inside(r'\[([\d,]*)\]', made).split(',') if side]


def _inside(pattern: str, text: str) -> str:
  match = re.search(pattern, text)
  assert match, text
  return match[1]


def _elements(made: str) -> int:
  return math.prod(_shape(made))


def _size(made: str) -> int:
  """Bytes of an array, or of all arrays of a tuple."""
  total = 0
  for dtype, sides in re.findall(r'\b(\w+)\[([\d,]*)\]', made):
    count = _BYTES[dtype]
    for side in filter(None, sides.split(',')):
      count *= int(side)
    total += count
  return total


if __name__ == '__main__':
  app.run(main)
