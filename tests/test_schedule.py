"""The three phases, and the checks on their lengths."""

import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import schedule

R, D, J = schedule.Phase.RECONSTRUCTION, schedule.Phase.DISCRIMINATOR, schedule.Phase.JOINT


@pytest.mark.parametrize(
  'step, phase',
  [
    (0, R),
    (89_999, R),
    (90_000, D),
    (99_999, D),
    (100_000, J),
    (499_999, J),
    (500_000, J),
    (10**9, J),
  ],
)
def test_phase_changes_exactly_at_the_paper_boundaries(step, phase):
  assert schedule.Schedule(90_000, 10_000, 500_000).phase_at(step) is phase


@pytest.mark.parametrize(
  'lengths, phases',
  [
    ((2, 1, 5), [R, R, D, J, J]),
    ((0, 0, 3), [J, J, J]),
    ((3, 0, 3), [R, R, R]),
    ((0, 2, 2), [D, D]),
    ((1, 0, 3), [R, J, J]),
    ((0, 1, 3), [D, J, J]),
  ],
)
def test_every_step_has_its_phase_and_the_spans_agree(lengths, phases):
  plan = schedule.Schedule(*lengths)
  assert [plan.phase_at(step) for step in range(len(phases))] == phases
  flat = [(phase, step) for phase, span in plan.spans().items() for step in span]
  assert flat == list(zip(phases, range(len(phases))))


def test_a_phase_without_steps_has_no_span():
  assert schedule.Schedule(0, 0, 7).spans() == {J: range(7)}


@pytest.mark.parametrize(
  'lengths, key',
  [
    ((-1, 0, 5), 'schedule.reconstruction_steps'),
    ((0, -1, 5), 'schedule.discriminator_steps'),
    ((0, 0, -5), 'schedule.total_steps'),
    ((0, 0, 0), 'schedule.total_steps'),
    ((3, 3, 5), 'schedule.total_steps'),
    ((1.0, 0, 5), 'schedule.reconstruction_steps'),
    ((0, True, 5), 'schedule.discriminator_steps'),
  ],
)
def test_impossible_lengths_are_refused_by_name(lengths, key):
  with pytest.raises(errors.InputError, match=key):
    schedule.Schedule(*lengths)


def test_first_two_phases_may_fill_the_whole_run():
  assert schedule.Schedule(3, 2, 5).spans() == {R: range(3), D: range(3, 5)}


def test_a_phase_of_no_steps_is_left_out_and_the_config_says_so_once():
  config = config_lib.default().schedule
  config.reconstruction_steps, config.discriminator_steps, config.total_steps = 0, 3, 9
  plan = schedule.from_config(config)
  assert plan == schedule.Schedule(0, 3, 9)
  assert list(plan.spans()) == [D, J]


@pytest.mark.parametrize(
  'other',
  [
    (4, 2, 20),
    (4, 2, 7),
    (5, 2, 20),
    (4, 3, 20),
    (4, 0, 20),
    (0, 6, 20),
    (6, 0, 20),
    (0, 0, 20),
    (8, 2, 20),
  ],
)
def test_agreement_is_that_of_every_earlier_step(other):
  one, two = schedule.Schedule(4, 2, 10), schedule.Schedule(*other)
  same = True
  for step in range(13):
    assert one.agrees_until(two, step) is same
    assert two.agrees_until(one, step) is same
    same = same and one.phase_at(step) is two.phase_at(step)
