"""`python -m glcic_jax COMMAND`, the same as the installed `glcic-jax COMMAND`."""

import sys

from glcic_jax import cli

if __name__ == '__main__':
  sys.exit(cli.main())
