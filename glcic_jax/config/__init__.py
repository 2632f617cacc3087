"""The config of a run: a file in configs/ starts from `default()` or `of(METHOD)`.

    config = glcic_jax.config.of('glcic_celeba')  # as its paper has it, but for named deviations

The command line changes more values by `--config.key=value`; `glcic-jax config configs/X.py` prints
every key with its value, the paper's and its meaning. The keys are declared in `keys.py`.
"""

from glcic_jax.config.check import check
from glcic_jax.config.check import check_keys
from glcic_jax.config.tree import choose
from glcic_jax.config.tree import ConfigDict
from glcic_jax.config.tree import current
from glcic_jax.config.tree import default
from glcic_jax.config.tree import flatten
from glcic_jax.config.tree import GONE
from glcic_jax.config.tree import laptop
from glcic_jax.config.tree import of
from glcic_jax.config.tree import value_of
from glcic_jax.methods.definition import changes

__all__ = (
  'ConfigDict',
  'GONE',
  'changes',
  'check',
  'check_keys',
  'choose',
  'current',
  'default',
  'flatten',
  'laptop',
  'of',
  'value_of',
)
