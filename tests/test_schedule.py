"""The three phases, the checks on their lengths, and the audit against the paper."""

import json

import ml_collections
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
  assert schedule.Schedule(0, 0, 7).spans() == {J: range(0, 7)}


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
  assert schedule.Schedule(3, 2, 5).spans() == {R: range(0, 3), D: range(3, 5)}


def _steps(phases, *lengths):
  steps = config_lib.default().schedule
  steps.phases = phases
  steps.reconstruction_steps, steps.discriminator_steps, steps.total_steps = lengths
  return steps


@pytest.mark.parametrize(
  'phases, lengths, name',
  [
    (('reconstruction', 'discriminator', 'joint'), (0, 2, 9), 'reconstruction'),
    (('reconstruction', 'discriminator', 'joint'), (2, 0, 9), 'discriminator'),
    (('reconstruction', 'discriminator', 'joint'), (2, 7, 9), 'joint'),
    (('discriminator', 'joint'), (2, 2, 9), 'reconstruction'),
    (('reconstruction', 'joint'), (2, 2, 9), 'discriminator'),
    (('reconstruction', 'discriminator'), (2, 2, 9), 'joint'),
  ],
)
def test_a_phase_skipped_or_added_by_accident_is_refused(phases, lengths, name):
  with pytest.raises(errors.InputError, match=f'the {name} phase'):
    schedule.from_config(_steps(phases, *lengths))


@pytest.mark.parametrize(
  'phases, lengths',
  [
    (('joint',), (0, 0, 9)),
    (('reconstruction',), (9, 0, 9)),
    (('reconstruction', 'joint'), (3, 0, 9)),
    (('discriminator', 'joint'), (0, 3, 9)),
    (('reconstruction', 'discriminator'), (5, 4, 9)),
    (('joint', 'discriminator', 'reconstruction'), (2, 3, 9)),
  ],
)
def test_a_phase_may_be_left_out_on_purpose(phases, lengths):
  plan = schedule.from_config(_steps(phases, *lengths))
  assert plan == schedule.Schedule(*lengths)
  assert {phase.value for phase in plan.spans()} == set(phases)


def test_an_unknown_phase_is_refused_with_the_known_ones():
  with pytest.raises(errors.InputError, match="'warmup'.*reconstruction, discriminator, joint"):
    schedule.from_config(_steps(('warmup',), 2, 2, 9))


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


def test_the_default_differs_from_the_paper_in_the_adversarial_form_alone():
  ((key, paper, here, reason),) = schedule.audit(config_lib.default())
  assert (key, paper, here) == ('loss.adversarial_form', 'saturating', 'non_saturating')
  assert 'gradient' in reason


_CHANGES = {
  'schedule.reconstruction_steps': 5,
  'schedule.discriminator_steps': 3,
  'schedule.total_steps': 8,
  'schedule.phases': ('reconstruction', 'discriminator'),
  'batch_size': 8,
  'image_size': 64,
  'data.resize_short_edge': (64, 72),
  'mask.kind': 'blocks',
  'mask.side': (16, 32),
  'model.width': 0.5,
  'model.discriminator_width': 0.25,
  'model.local_size': 32,
  'model.dilated': False,
  'model.branches': 'local',
  'mask.shared': True,
  'optimizer.generator.name': 'adam',
  'optimizer.discriminator.name': 'adam',
  'optimizer.generator.learning_rate': 0.5,
  'optimizer.discriminator.learning_rate': 2e-4,
  'loss.reconstruction_norm': 'l1',
  'loss.reconstruction_region': 'whole',
  'loss.reconstruction_weight': 2.0,
  'loss.discriminator_weight': 4e-4,
  'loss.adversarial_weight': 0.1,
}


def test_audit_lists_every_changed_key_with_both_values():
  config = config_lib.default()
  config.update_from_flattened_dict(_CHANGES)
  rows = {key: (paper, here) for key, paper, here, _ in schedule.audit(config)}
  default = config_lib.default()
  expected = {key: (config_lib.value_of(default, key), here) for key, here in _CHANGES.items()}
  assert rows == expected | {'loss.adversarial_form': ('saturating', 'non_saturating')}


def test_audit_ignores_keys_on_which_the_paper_is_silent():
  config = config_lib.default()
  config.loss.adversarial_form = 'saturating'
  config.seed = 7
  config.dtype = 'bfloat16'
  config.log_every = 1
  assert schedule.audit(config) == []


def test_audit_takes_lists_for_tuples():
  config = ml_collections.ConfigDict(json.loads(config_lib.default().to_json()))
  assert isinstance(config.mask.side, list)
  assert [row[0] for row in schedule.audit(config)] == ['loss.adversarial_form']


def test_audit_compares_with_the_setting_that_the_config_names():
  config = config_lib.default()
  config.paper = 'glcic_celeba'
  rows = {key: (paper, here) for key, paper, here, _ in schedule.audit(config)}
  assert rows == {
    'image_size': (160, 256),
    'mask.side': ((48, 96), (96, 128)),
    'model.local_size': (96, 128),
    'loss.adversarial_form': ('saturating', 'non_saturating'),
  }


def test_audit_text_of_the_default():
  lines = schedule.format_audit(config_lib.default()).split('\n')
  assert lines[:5] == [
    'Schedule audit, against glcic_places2 of the paper',
    '  reconstruction  steps 0 to 89,999 (90,000)',
    '  discriminator   steps 90,000 to 99,999 (10,000)',
    '  joint           steps 100,000 to 499,999 (400,000)',
    '  differs from the paper in:',
  ]
  assert lines[5].startswith(
    '    loss.adversarial_form  paper saturating, here non_saturating: the paper'
  )
  assert len(lines) == 6


def test_audit_text_says_when_nothing_differs():
  config = config_lib.default()
  config.loss.adversarial_form = 'saturating'
  assert schedule.format_audit(config).endswith('\n  nothing differs from the paper')


def test_audit_text_shows_ranges_lists_and_left_out_phases():
  config = config_lib.default()
  config.loss.adversarial_form = 'saturating'
  config.mask.side = (16, 32)
  config.schedule.phases = ('reconstruction', 'joint')
  config.schedule.discriminator_steps = 0
  text = schedule.format_audit(config)
  assert '    mask.side                     paper 96 to 128, here 16 to 32' in text
  assert (
    'schedule.phases               paper reconstruction, discriminator, joint, '
    'here reconstruction, joint'
  ) in text
  assert 'schedule.discriminator_steps  paper 10,000, here 0' in text
  assert '  joint           steps 90,000 to 499,999 (410,000)' in text
  assert '  discriminator ' not in text
