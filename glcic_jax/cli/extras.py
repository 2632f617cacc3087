"""Which extra brings a library that is not installed."""

from glcic_jax import errors

# Library, as it is imported -> extra of setup.cfg.
_EXTRAS = {
  'clu': 'train-tf',
  'cykooz_resizer': 'simd',
  'fsspec': 'gs',
  'gcsfs': 'gs',
  'grain': 'train',
  'huggingface_hub': 'hub',
  'jax2onnx': 'onnx',
  'lpips': 'metrics',
  'onnxruntime': 'onnx',
  'optax': 'train',
  'orbax': 'train',
  'shtab': 'shell-completion',
  'skimage': 'evaluate',
  'tensorflow': 'train-tf',
  'tensorflow_datasets': 'tfds',
  'torch': 'convert',
  'torch_fidelity': 'metrics',
}


def sentence(command: str, error: ImportError) -> str:
  """What to install for a command; empty where no extra brings what is missing."""
  library = (error.name or '').partition('.')[0]
  if 'gcsfs' in str(error):  # fsspec's own words, for a gs:// path
    library = 'gcsfs'
  if library not in _EXTRAS:
    return ''
  return (
    f'{command} needs {library}, which is not installed; install it by '
    f'{errors.install(_EXTRAS[library])}.'
  )
