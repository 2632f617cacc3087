"""What a run says on stderr while it goes."""

from collections.abc import Mapping
import sys
import time

from glcic_jax import parallel


class Progress:
  """Images per second and time left: a bar on a terminal, else one line for each row of metrics."""

  def __init__(self, first: int, total: int, batch_size: int) -> None:
    self._total = total
    self._batch_size = batch_size
    self._terminal = sys.stderr.isatty() and parallel.is_main_process()
    self._rate = 0.0
    self.restart(first)

  def restart(self, step: int) -> None:
    """Starts the clock: after anything but training took time."""
    self._since, self._from = time.perf_counter(), step

  def rate(self, step: int) -> float:
    """Images per second since the last restart; the last known where no step was taken since."""
    elapsed = time.perf_counter() - self._since
    if step > self._from and elapsed > 0:
      self._rate = (step - self._from) * self._batch_size / elapsed
    return self._rate

  def tick(self, step: int, phase: str) -> None:
    """Moves the bar."""
    if self._terminal:
      done = int(30 * step / self._total)
      print(
        f'\r{phase:<15}[{"#" * done}{"." * (30 - done)}] {self._state(step)} ',
        end='',
        file=sys.stderr,
        flush=True,
      )

  def report(self, step: int, phase: str, values: Mapping[str, float]) -> None:
    """One line with the losses; on a terminal the bar stands for it."""
    if self._terminal:
      return
    losses = ' '.join(
      f'{name} {value:.4g}'
      for name, value in values.items()
      if name.endswith(('_loss', '_psnr', '_accuracy'))
    )
    print(f'{phase:<15}{self._state(step)} {losses}', file=sys.stderr, flush=True)

  def close(self) -> None:
    """Leaves the bar's line."""
    if self._terminal:
      print(file=sys.stderr)

  def _state(self, step: int) -> str:
    if not self._rate:
      return f'{step:,}/{self._total:,}'
    left = (self._total - step) * self._batch_size / self._rate
    hours, minutes, seconds = int(left // 3600), int(left % 3600 // 60), int(left % 60)
    return (
      f'{step:,}/{self._total:,} {self._rate:.1f} images/s, '
      f'{hours}:{minutes:02d}:{seconds:02d} left'
    )
