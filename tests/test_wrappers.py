"""Names of weights that were saved from within a wrapper, or by another commit of a port."""

import re

import numpy as np
import pytest

from glcic_jax import errors
from glcic_jax.convert import converter
from glcic_jax.convert import foreign_files
from glcic_jax.convert import wrappers
from tests import foreign
from tests import foreign_models

GENERATORS = ('glcic_official', 'otenim', 'mmagic', 'boyuan_jiang', 'center_4000', 'center_100')
WRAPPED = {
  'nn.DataParallel': 'module.{}',
  'torch.compile': '_orig_mod.{}',
  'a class around it': 'net_g.inner.{}',
  'all three': '_orig_mod.module.netG.{}',
}


def in_one_sequential(name):
  """A name of BoyuanJiang's port as of its first commit: 17 modules come before the decoder."""
  part, number, rest = re.fullmatch(r'main_(encode|decode)\.(\d+)\.(.*)', name).groups()
  return f'main.{int(number) + 17 * (part == "decode")}.{rest}'


def read(tmp_path, arrays):
  source = foreign_models.write(tmp_path / 'source.safetensors', arrays)
  return converter._unwrapped(foreign_files.read(source)).arrays


@pytest.mark.parametrize('case', GENERATORS)
@pytest.mark.parametrize('form', WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_network_has_its_own_names(tmp_path, case, form):
  plain = foreign.weights(case)
  found = read(tmp_path, {form.format(name): array for name, array in plain.items()})
  assert found.keys() == plain.keys()
  assert all(np.array_equal(found[name], plain[name]) for name in plain)


def test_a_wrapper_within_the_network_goes_too(tmp_path):
  plain = foreign.weights('mmagic')
  inner = {name.replace('generator.', 'generator.module.'): plain[name] for name in plain}
  assert read(tmp_path, inner).keys() == plain.keys()


@pytest.mark.parametrize('form', ['{}', 'module.{}', 'netG.{}'])
def test_the_first_commit_of_a_port_gives_the_same_model(tmp_path, form):
  plain = foreign.weights('boyuan_jiang')
  renamed = {form.format(in_one_sequential(name)): array for name, array in plain.items()}
  assert form.format('main.17.weight') in renamed
  assert read(tmp_path, renamed).keys() == plain.keys()
  if form == '{}':
    converter.to_model_directory(tmp_path / 'source.safetensors', tmp_path / 'renamed')
    models = foreign_models.convert(tmp_path, 'boyuan_jiang'), tmp_path / 'renamed'
    assert len({(model / 'model.safetensors').read_bytes() for model in models}) == 1


def test_a_discriminator_alone_is_still_none_to_complete_with(tmp_path):
  source = foreign_models.write(tmp_path / 'd.safetensors', foreign.weights('boyuan_jiang judge'))
  with pytest.raises(errors.InputError, match='goes with its generator'):
    converter.to_model_directory(source, tmp_path / 'model')


@pytest.mark.parametrize('case', ['boyuan_jiang', 'otenim'])
def test_a_wrapped_discriminator_has_its_own_names(case):
  plain = foreign.weights(f'{case} judge')
  wrapped = {f'module.netD.{name}': array for name, array in plain.items()}
  found = wrappers.without_prefix(
    wrappers.without_inserted(wrapped), converter.PROGRAMS[case].judge_marks
  )
  assert found.keys() == plain.keys()
