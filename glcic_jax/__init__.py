"""Image completion in JAX: the Context Encoder (CVPR 2016) and GLCIC (SIGGRAPH 2017).

from glcic_jax import Completer
completed = Completer.from_pretrained()('photo.jpg', 'hole.png')
"""

from typing import Any

__version__ = '0.2.0'


def __getattr__(name: str) -> Any:
  if name == 'Completer':  # JAX is imported only when it is needed: `glcic-jax --help` is quick
    from glcic_jax.inference import completer

    return completer.Completer
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
