"""Where a run may lie, what a resumed one may change, and what it may not."""

import json

import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.training import same_run


def _stored():
  """As it comes back from a checkpoint: through JSON."""
  facts = same_run.describe(
    config_lib.default(), mean_color=(0.1, 0.2, 0.3), digest='abc', model={'method': 'glcic'}
  )
  return json.loads(json.dumps(facts))


def _changed(**changes):
  config = config_lib.default()
  config.update_from_flattened_dict({k.replace('__', '.'): v for k, v in changes.items()})
  return config


def _check(config, step=95_000, stored=None):
  return same_run.check_same(stored or _stored(), config, step=step, workdir='runs/mine')


def test_the_description_is_plain_json():
  stored = _stored()
  assert stored['config'] == config_lib.flatten(config_lib.default())
  assert stored['mean_color'] == [0.1, 0.2, 0.3]
  assert stored['listing'] == 'abc'
  assert stored['model'] == {'method': 'glcic'}


def test_the_same_config_passes_without_a_line():
  assert _check(config_lib.default()) == []


@pytest.mark.parametrize(
  'key, value',
  [
    ('seed', 1),
    ('batch_size', 48),
    ('image_size', 128),
    ('method', 'context_encoder'),
    ('model.width', 0.5),
    ('model.local_size', 64),
    ('model.dilated', False),
    ('model.fully_connected_relu', False),
    ('optimizer.generator.name', 'adam'),
    ('optimizer.discriminator.name', 'adam'),
    ('mask.side', (64, 96)),
    ('data.source', 'sample'),
    ('data.validation_fraction', 0.5),
    ('data.resize_short_edge', (256, 300)),
    ('data.mean_color', (0.5, 0.5, 0.5)),
  ],
)
def test_a_lasting_key_that_changed_is_refused_with_both_values(key, value):
  config = _changed(**{key: value})
  before = config_lib.flatten(config_lib.default())[key]
  with pytest.raises(errors.InputError) as caught:
    _check(config)
  shown = list(value) if isinstance(value, tuple) else value
  assert str(caught.value).startswith(
    f'runs/mine holds another run: its {key} is {before!r}, not {shown!r};'
  )


def test_several_lasting_changes_are_counted():
  with pytest.raises(errors.InputError, match=r'batch_size is 96, not 8 \(and 2 more keys\)'):
    _check(_changed(seed=1, batch_size=8, model__width=0.5, log_every=5))


@pytest.mark.parametrize(
  'key, value',
  [
    ('optimizer.generator.learning_rate', 0.5),
    ('optimizer.discriminator.rho', 0.8),
    ('loss.adversarial_weight', 1e-3),
    ('loss.adversarial_form', 'saturating'),
    ('dtype', 'bfloat16'),
    ('log_every', 5),
    ('checkpoint.every', 5),
    ('validation.count', 5),
    ('data.folder', 'moved'),
    ('data.threads', 3),
    ('schedule.total_steps', 600_000),
  ],
)
def test_other_changes_pass_and_are_listed(key, value):
  before = config_lib.flatten(config_lib.default())[key]
  assert _check(_changed(**{key: value})) == [
    f'{key}: {before!r} before, {value!r} from step 95000 on'
  ]


def test_all_permitted_changes_are_listed_in_order():
  config = _changed(log_every=7, optimizer__generator__learning_rate=0.5)
  assert _check(config, step=12) == [
    'log_every: 100 before, 7 from step 12 on',
    'optimizer.generator.learning_rate: 1.0 before, 0.5 from step 12 on',
  ]


@pytest.mark.parametrize(
  'lengths, step, fits',
  [
    ((90_000, 10_000), 95_000, True),
    ((90_000, 5_000), 95_000, True),  # ends the phase now
    ((90_000, 4_999), 95_000, False),
    ((90_000, 20_000), 95_000, True),
    ((80_000, 20_000), 95_000, False),
    ((95_000, 5_000), 95_000, False),
    ((80_000, 20_000), 80_000, True),  # ends reconstruction now
    ((79_999, 20_000), 80_000, False),
    ((95_000, 5_000), 90_000, True),
    ((90_000, 10_001), 100_000, True),
    ((90_000, 10_001), 100_001, False),
    ((1, 1), 0, True),
  ],
)
def test_a_schedule_may_change_only_what_lies_ahead(lengths, step, fits):
  config = _changed(
    schedule__reconstruction_steps=lengths[0], schedule__discriminator_steps=lengths[1]
  )
  if fits:
    assert all(line.startswith('schedule.') for line in _check(config, step))
    return
  with pytest.raises(errors.InputError, match=f'runs/mine is at step {step}.*other phases'):
    _check(config, step)


def test_a_key_younger_than_the_run_had_its_defaults_effect_in_it():
  stored, config = _stored(), _changed(log_every=7)
  del stored['config']['log_every'], stored['config']['batch_size']
  assert _check(config, 3, stored) == ['log_every: 100 before, 7 from step 3 on']
  config.batch_size = 8
  with pytest.raises(errors.InputError, match='batch_size is 96, not 8'):
    _check(config, stored=stored)


def test_a_schedule_that_ends_before_the_checkpoint_is_refused():
  with pytest.raises(errors.InputError, match='is at step 300000 already'):
    _check(_changed(schedule__total_steps=200_000), 300_000)


def test_how_many_pictures_the_mean_came_from_may_change():
  assert len(_check(_changed(data__mean_color_pictures=7))) == 1


def test_another_listing_is_refused_unless_it_is_allowed():
  same_run.check_listing(_stored(), 'abc', allow=False)
  same_run.check_listing(_stored(), 'other', allow=True)
  with pytest.raises(errors.InputError, match='data.allow_changed_listing=True'):
    same_run.check_listing(_stored(), 'other', allow=False)


def _placed(source='folder', folder='', mixture=()):
  config = config_lib.default()
  config.update_from_flattened_dict(
    {'data.source': source, 'data.folder': str(folder), 'data.mixture': mixture}
  )
  return config


def test_a_file_and_a_model_directory_are_no_workdirs(tmp_path):
  (tmp_path / 'file').touch()
  (tmp_path / 'model').mkdir()
  (tmp_path / 'model' / 'model.safetensors').touch()
  with pytest.raises(errors.InputError, match='is a file; give a folder'):
    same_run.check_place(tmp_path / 'file', _placed())
  with pytest.raises(errors.InputError, match='is a model directory; .* --config.init_from='):
    same_run.check_place(tmp_path / 'model', _placed())


@pytest.mark.parametrize(
  'workdir, fits',
  [
    ('photos', False),
    ('photos/run', False),
    ('photos/a/b/run', False),
    ('photos/../photos/run', False),
    ('photos/.run', True),
    ('photos_run', True),
    ('run', True),
    ('.', True),
  ],
)
def test_a_workdir_among_the_pictures_is_refused(tmp_path, workdir, fits):
  photos = tmp_path / 'photos'
  (photos / 'a').mkdir(parents=True)
  for config in (
    _placed(folder=photos),
    _placed(folder=f'{photos}/'),
    _placed('mixture', mixture=('sample=1', f'folder:{photos}=2')),
  ):
    if fits:
      same_run.check_place(tmp_path / workdir, config)
      continue
    with pytest.raises(errors.InputError, match='lies within .* --workdir elsewhere'):
      same_run.check_place(tmp_path / workdir, config)


def test_a_folder_that_is_not_searched_does_not_matter(tmp_path):
  for config in (
    _placed('sample', tmp_path),
    _placed(folder=f'{tmp_path}/**/*.jpg'),
    _placed(folder='none'),
  ):
    same_run.check_place(tmp_path / 'run', config)


def test_buckets_are_compared_by_their_names():
  assert same_run._lies_within('gs://mine/photos/run', 'gs://mine/photos')
  assert not same_run._lies_within('gs://mine/photos_run', 'gs://mine/photos')
  assert not same_run._lies_within('gs://other/photos/run', 'gs://mine/photos')
