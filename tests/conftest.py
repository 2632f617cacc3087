"""Eight simulated devices, a compilation cache, silence from TensorFlow, and tiny configs."""

import atexit
from importlib import metadata
import os
import shutil
import signal
import tempfile

# Processes that tests start inherit all of these.
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'
# Tests compile far more than they compute: no optimisation, and fusions by the older emitters,
# which are quicker by far; from jaxlib 0.11 on there is neither choice nor flag.
os.environ['XLA_FLAGS'] = '--xla_backend_optimization_level=0'
if metadata.version('jaxlib').startswith('0.10.'):
  os.environ['XLA_FLAGS'] += ' --xla_cpu_use_fusion_emitters=false'
# No test asks the Hugging Face Hub.
os.environ['HF_HUB_OFFLINE'] = '1'
# Many tests compile the same small steps: most of the suite's time without a cache. The process
# that starts the workers removes theirs too: it outlives them, and ends in order after SIGTERM.
_SHARED = 'GLCIC_JAX_TEST_COMPILATIONS'
if 'PYTEST_XDIST_WORKER' not in os.environ:
  os.environ[_SHARED] = tempfile.mkdtemp(prefix='glcic_jax_compilations_')
  atexit.register(shutil.rmtree, os.environ[_SHARED], ignore_errors=True)
else:  # what libraries keep in the temporary folder until they end is removed with it
  os.environ['TMPDIR'] = tempfile.tempdir = os.environ[_SHARED]
_WORKER = os.environ.get('PYTEST_XDIST_WORKER', 'alone')
os.environ['JAX_COMPILATION_CACHE_DIR'] = os.path.join(os.environ[_SHARED], _WORKER)
os.environ['JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS'] = '0.2'

import jax
import numpy as np
from PIL import Image
import pytest

from glcic_jax import config as config_lib
from glcic_jax import parallel
from tests import made_up

jax.config.update('jax_num_cpu_devices', 8)
jax.config.update('jax_platforms', 'cpu')


def pytest_configure():
  """SIGTERM ends the tests as Ctrl-C does: what they have made is removed."""
  signal.signal(signal.SIGTERM, lambda *_: pytest.exit('Stopped by SIGTERM.', 143))


@pytest.fixture
def one_device(monkeypatch):
  """The mesh has one device: eight simulated ones on two cores wait for each other most of the
  time.
  """
  make_mesh = parallel.make_mesh
  monkeypatch.setattr(
    parallel, 'make_mesh', lambda devices=None: make_mesh(devices or jax.devices()[:1])
  )


@pytest.fixture
def picture_folder(tmp_path):
  """A folder of 24 smooth colour pictures of several sizes and modes, two levels deep."""
  folder = tmp_path / 'pictures'
  write_pictures(folder, 24)
  return folder


def write_pictures(folder, count):
  """`count` random smooth pictures, some grey, some with alpha, some JPEG, some smaller than a
  crop.
  """
  folder.mkdir(parents=True, exist_ok=True)
  (folder / 'deeper').mkdir(exist_ok=True)
  for index in range(count):
    rng = np.random.default_rng(index)
    coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    size = (int(rng.integers(20, 70)), int(rng.integers(20, 70)))
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    image = image.convert(('RGB', 'L', 'RGBA')[index % 3])
    parent = folder / 'deeper' if index % 4 == 0 else folder
    image.save(parent / f'{index:03d}.{"png" if index % 2 or image.mode == "RGBA" else "jpg"}')


@pytest.fixture
def tiny_config(picture_folder):
  """`made_up.TINY` on the folder of pictures."""
  config = config_lib.default()
  config.update_from_flattened_dict(made_up.TINY)
  config.data.folder = str(picture_folder)
  config.data.validation_fraction = 0.2
  return config
