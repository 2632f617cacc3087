"""How a run differs from its paper."""

import json

import ml_collections
import pytest

from glcic_jax import config as config_lib
from glcic_jax import methods
from glcic_jax.config import audit
from glcic_jax.config import keys


def test_the_default_differs_from_the_paper_in_the_adversarial_form_alone():
  (row,) = audit.audit(config_lib.default())
  expected = ('loss.adversarial_form', 'saturating', 'non_saturating')
  assert (row.key, row.paper, row.value) == expected
  assert 'gradient' in row.reason


_CHANGES = {
  'schedule.reconstruction_steps': 5,
  'schedule.discriminator_steps': 3,
  'schedule.total_steps': 8,
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
  rows = {row.key: (row.paper, row.value) for row in audit.audit(config)}
  default = config_lib.default()
  expected = {key: (config_lib.value_of(default, key), here) for key, here in _CHANGES.items()}
  assert rows == expected | {'loss.adversarial_form': ('saturating', 'non_saturating')}


def test_audit_ignores_keys_on_which_the_paper_is_silent():
  config = config_lib.default()
  config.loss.adversarial_form = 'saturating'
  config.seed = 7
  config.dtype = 'bfloat16'
  config.log_every = 1
  assert audit.audit(config) == []


def test_audit_takes_lists_for_tuples():
  config = ml_collections.ConfigDict(json.loads(config_lib.default().to_json()))
  assert isinstance(config.mask.side, list)
  assert [row.key for row in audit.audit(config)] == ['loss.adversarial_form']


def test_audit_compares_with_the_setting_that_the_config_names():
  config = config_lib.default()
  config.method = 'glcic_celeba'
  rows = {row.key: (row.paper, row.value) for row in audit.audit(config)}
  assert rows == {
    'image_size': (160, 256),
    'mask.side': ((48, 96), (96, 128)),
    'model.local_size': (96, 128),
    'loss.adversarial_form': ('saturating', 'non_saturating'),
  }


def test_audit_text_of_the_default():
  lines = audit.format_audit(config_lib.default()).split('\n')
  assert lines[:5] == [
    'Schedule audit, against GLCIC on Places2 of the paper',
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
  assert audit.format_audit(config).endswith('\n  nothing differs from the paper')


def test_audit_text_shows_ranges_and_left_out_phases():
  config = config_lib.default()
  config.loss.adversarial_form = 'saturating'
  config.mask.side = (16, 32)
  config.schedule.discriminator_steps = 0
  text = audit.format_audit(config)
  assert '    mask.side                     paper 96 to 128, here 16 to 32' in text
  assert 'schedule.discriminator_steps  paper 10,000, here 0' in text
  assert '  joint           steps 90,000 to 499,999 (410,000)' in text
  assert '  discriminator ' not in text


# Keys that may have any value: the same networks come out of the same pictures.
ASIDE = {
  'method',  # the audit's title
  'remat',
  'log_every',
  'checkpoint.every',
  'checkpoint.keep',
  'validation.every',
  'validation.count',
  'validation.samples',
  'data.folder',
  'data.tfds.dir',
  'data.unreadable_share',
  'data.allow_changed_listing',
  'data.loader',
  'data.threads',
  'data.workers',
  'keep_programs',
}


def another(key, value):
  """Some other value of a key's kind."""
  if key.among:
    return next(other for other in key.among if other != value)
  if isinstance(value, (bool, str)):
    return not value if isinstance(value, bool) else f'other {value}'
  if isinstance(value, tuple):
    return tuple(another(key, part) for part in value) or key.example
  if isinstance(value, int):
    return value - 1 if value > 1 else value + 1
  return value / 2 + 0.01


@pytest.mark.parametrize('method', methods.names())
def test_every_key_that_changes_what_is_trained_is_in_the_audit(method):
  config = config_lib.default()
  config.method = method
  setting = methods.setting(method)
  config.update_from_flattened_dict(dict(setting.chosen) | dict(setting.paper))
  assert 'differs' not in audit.format_audit(config).replace('nothing differs from the paper', '')
  for name, key in keys.KEYS.items():
    assert key.trains == (name not in ASIDE), name
    if not key.trains:
      continue
    changed = config.copy_and_resolve_references()
    value = config_lib.value_of(config, name)
    value = tuple(value) if isinstance(value, list) else value
    if name.startswith('schedule.'):
      changed.schedule.total_steps += 2  # room for the others
    if name != 'schedule.total_steps':
      changed.update_from_flattened_dict({name: another(key, value)})
    lines = audit.format_audit(changed).splitlines()
    assert any(line.split()[:1] == [name] and 'here' in line for line in lines), name


def test_the_audit_tells_of_what_the_paper_leaves_open():
  config = config_lib.default()
  config.dtype = 'bfloat16'
  config.optimizer.generator.rho = 0.95
  text = audit.format_audit(config)
  assert '  differs from the default, where the paper is silent, in:' in text
  assert '    dtype                    default float32, here bfloat16' in text
  assert '    optimizer.generator.rho  default 0.9, here 0.95' in text
