"""Configs that earlier versions wrote."""

from glcic_jax import config as config_lib
from glcic_jax.config import stored

OLD = {
  'method': 'glcic',
  'paper': 'glcic_celeba',
  'schedule.phases': ['reconstruction', 'joint'],
  'seed': 3,
}


def test_what_the_paper_said_the_method_says():
  assert stored.current(OLD) == {'method': 'glcic_celeba', 'seed': 3}
  assert stored.current(OLD | {'paper': 'glcic_places2'}) == {'method': 'glcic', 'seed': 3}


def test_a_config_of_this_version_stays_as_it_is():
  flat = config_lib.flatten(config_lib.default())
  assert stored.current(flat) == flat
  assert not stored.GONE.keys() & flat.keys()
