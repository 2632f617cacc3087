"""`python -m glcic_jax COMMAND`, the same as the installed `glcic-jax COMMAND`."""

from glcic_jax.cli import leaving


def main() -> None:
  """Runs the command of `sys.argv`, and ends the process with its exit code."""
  leaving.on_signals()  # before anything that takes time to import
  from glcic_jax import cli

  leaving.leave(cli.main())


if __name__ == '__main__':
  main()
