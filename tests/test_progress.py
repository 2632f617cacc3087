"""How fast a run goes, what is left of it, and what it says: on a terminal, and in a log."""

import numpy as np
import pytest

from glcic_jax import config as config_lib
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import due as due_lib
from glcic_jax.training import pace as pace_lib
from glcic_jax.training import progress as progress_lib
from tests import test_bar

PLAN = schedule.Schedule(10, 4, 20)
COMPILING = pace_lib.compiling(schedule.Phase.RECONSTRUCTION)


class Clock:
  """Stands until it is moved."""

  now = 100.0

  def __call__(self):
    return self.now


@pytest.fixture
def clock():
  return Clock()


def pace(clock, **options):
  return pace_lib.Pace(PLAN, 8, clock=clock, **options)


def test_a_lap_is_measured_without_what_was_done_beside_the_steps(clock):
  one = pace(clock)
  with one.beside(COMPILING, 0):
    clock.now += 60
  clock.now += 4
  with one.beside('scoring', 2):
    clock.now += 10
    with one.beside('opening', 2):
      clock.now += 15
    clock.now += 5
  assert one.lap(5) == 8 * 5 / 4
  assert one.lap(5) == 8 * 5 / 4  # no step since
  clock.now += 10
  assert one.lap(10) == 8 * 5 / 10


def test_nothing_is_said_of_a_speed_that_nobody_knows(clock):
  one = pace(clock)
  assert one.rate(0) is None and one.left(0) is None and one.lap(0) == 0
  clock.now += 1
  assert one.rate(1) is None
  clock.now += 3
  assert one.rate(2) == 4 and one.left(2) == 8 * 2 + 4 * 1.4 + 6 * 2.8


def test_the_time_left_takes_each_phase_at_its_own_speed(clock):
  one = pace(clock)
  clock.now += 20
  one.lap(10)  # 2 s a step
  assert one.left(10) == pytest.approx(4 * 1.4 + 6 * 2.8)
  clock.now += 2
  one.lap(14)  # 0.5 s
  assert one.left(14) == pytest.approx(6 * 2.8)  # as of the reconstruction, not the discriminator
  clock.now += 8
  one.lap(16)
  assert one.left(16) == 4 * 4 and one.left(20) == 0


def test_a_resumed_run_knows_the_speeds_of_its_earlier_part(clock):
  one = pace(clock, first=12, known={'reconstruction': 4, 'discriminator': 16, 'joint': 2})
  assert one.left(12) == 2 * 0.5 + 6 * 4 and one.rate(12) == 16


def test_the_time_left_counts_compiling_scoring_and_saving_once_it_knows_them(clock):
  config = config_lib.default()
  config.validation.every, config.checkpoint.every = 8, 100
  due = due_lib.Due(config, PLAN)
  one = pace(clock, due={'scoring': due.evaluations_after, 'saving': due.checkpoints_after})
  with one.beside(COMPILING, 0):
    clock.now += 60
  clock.now += 8
  one.lap(8)
  steps = 2 + 4 * 0.7 + 6 * 1.4
  assert one.left(8) == pytest.approx(steps + 60 * (1.2 + 2.3))  # two more to compile
  assert one.is_least(8)  # nobody knows how long scoring takes
  with one.beside('scoring', 8):
    clock.now += 7
  with one.beside('saving', 10):
    clock.now += 1
  # Scored again after steps 10, 14, 16 and 20, saved after 14 and 20.
  assert one.left(8) == pytest.approx(steps + 60 * (1.2 + 2.3) + 4 * 7 + 2 * 1)
  assert not one.is_least(8)


def test_the_last_scoring_is_in_the_time_left_until_it_is_done(clock):
  one = pace(clock, first=18, known={'joint': 8}, due={'scoring': lambda step: int(step < 20)})
  for phase in schedule.Phase:
    with one.beside(pace_lib.compiling(phase), 18):
      pass
  with one.beside('scoring', 18):
    clock.now += 9
  with one.beside('scoring', 20):
    clock.now += 3
    assert one.left(20) == 6
    clock.now += 30
    assert one.left(20) == 0  # it takes longer than the one before
  assert one.left(20) == 0


@pytest.mark.parametrize('every, evaluations', [(0, []), (4, [4, 8, 10, 12, 14, 16, 20])])
def test_what_is_still_due_is_counted_as_the_loop_does_it(every, evaluations):
  config = config_lib.default()
  config.validation.every, config.checkpoint.every = every, 6
  due = due_lib.Due(config, PLAN)
  assert [step for step in range(21) if due.evaluation(step)] == evaluations
  saves = [step for step in range(21) if due.checkpoint(step)]
  for step in range(21):
    assert due.evaluations_after(step) == len([one for one in evaluations if one > step])
    assert due.checkpoints_after(step) == len([one for one in saves if one > step])


def test_one_slow_step_does_not_turn_the_speed_over(clock):
  one = pace(clock)
  clock.now += 9
  one.lap(9)  # 8 images/s
  clock.now += 5
  assert one.rate(10) == pytest.approx(8 * (10 + 1) / (10 + 5))


class Loss:
  """A number that is there, or not yet."""

  def __init__(self, ready):
    self._ready = ready

  def is_ready(self):
    return self._ready


def progress(clock, first=0, scores=None):
  return progress_lib.Progress(PLAN, pace(clock, first=first), first=first, scores=scores or {})


def test_a_log_has_a_line_for_each_row_and_no_escapes(clock, capsys):
  told = progress(clock)
  told.start()
  with told.doing('compiling the reconstruction step'):
    pass
  told.took(1, {'reconstruction_loss': Loss(True)})
  told.report(5, 'reconstruction', {'reconstruction_loss': 0.125, 'real_probability': 0.5})
  clock.now += 3
  told._pace.lap(6)
  told.report(6, 'reconstruction', {'validation_hole_psnr': 17.25, 'validation_ssim': 0.5})
  told.close()
  out, err = capsys.readouterr()
  assert out == '' and err.splitlines() == [
    'reconstruction 5/20 reconstruction_loss 0.125',
    'reconstruction 6/20 16.0 images/s, over 0:00:07 left validation_hole_psnr 17.25',
  ]


def test_no_time_is_told_that_says_nothing(clock):
  told = progress(clock, first=20)
  told._pace = pace(clock, first=20, known={'joint': 8}, due={'scoring': lambda step: 1})
  assert told._pace.left(20) == 0 and told._pace.is_least(20)
  assert told._speed(20) == ['8.0 images/s']


def test_a_terminal_shows_phase_step_speed_losses_scores_and_what_is_done(clock, monkeypatch):
  screen = test_bar.screen(monkeypatch)
  told = progress(clock)
  told.start()
  clock.now += 20
  told._pace.lap(10)
  told.reached(10)
  told.report(10, 'reconstruction', {'adversarial_loss': 0.693, 'reconstruction_loss': 0.012345})
  told.report(10, 'reconstruction', {'validation_hole_psnr': 17.254, 'validation_ssim': 0.5})
  with told.doing('compiling the discriminator step'):
    state = told._state()
  assert state.label == 'discriminator ' and (state.done, state.total) == (10, 20)
  assert state.facts == ['10/20', 'over 0:00:22 left', '4.0 images/s']
  assert state.below == [
    ('', ['compiling the discriminator step ... 0 s']),
    ('losses', ['reconstruction 0.0123', 'adversarial 0.693']),
    ('held back', ['hole PSNR 17.25 dB', 'SSIM 0.500', 'at step 10']),
  ]
  told.close()
  assert 'hole PSNR 17.25 dB' in screen.getvalue()
  assert 'reconstruction_loss' not in screen.getvalue()  # no lines


def test_the_bar_counts_the_steps_that_the_devices_are_done_with(clock, monkeypatch):
  test_bar.screen(monkeypatch)
  told = progress(clock, first=3)
  told.start()
  for step, ready in ((4, True), (5, True), (6, False), (7, False)):
    told.took(step, {'reconstruction_loss': Loss(ready)})
  assert told._state().done == 5
  told.reached(7)
  assert told._state().done == 7
  told.close()


def test_a_resumed_run_shows_the_scores_of_its_earlier_part(clock):
  state = progress(clock, 12, {'step': 10.0, 'validation_hole_psnr': 20.0})._state()
  assert state.below == [('held back', ['hole PSNR 20.00 dB', 'at step 10'])]


def test_a_run_without_the_first_phases_begins_with_the_joint_one(clock):
  plan = schedule.Schedule(0, 0, 6)
  alone = pace_lib.Pace(plan, 8, clock=clock)
  told = progress_lib.Progress(plan, alone, first=0, scores={})
  assert told._state().label.strip() == 'joint'
  clock.now += 6
  alone.lap(3)
  assert alone.left(3) == 6


def test_only_the_first_process_draws(clock, monkeypatch):
  screen = test_bar.screen(monkeypatch)
  monkeypatch.setattr(parallel, 'is_main_process', lambda: False)
  told = progress(clock)
  told.start()
  told.close()
  assert screen.getvalue() == ''


def test_losses_of_the_devices_are_asked_and_not_waited_for():
  import jax.numpy as jnp

  assert progress_lib._is_ready({'a': jnp.asarray(np.float32(1)).block_until_ready()})
