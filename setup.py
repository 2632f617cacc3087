"""Which packages there are; all else is in setup.cfg, which cannot say where configs/ goes."""

from setuptools import find_packages
from setuptools import setup

setup(
  packages=[*find_packages(include=['glcic_jax*']), 'glcic_jax.configs'],
  package_dir={'glcic_jax.configs': 'configs'},
)
