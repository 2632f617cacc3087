"""The two questions and the one order of IOPaint's HTTP API that its clients send: base64 in JSON.

Their other fields are about models that are not here; they are taken, and change nothing.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from glcic_jax import errors
from glcic_jax.inference import in_memory
from glcic_jax.web import options as options_lib
from glcic_jax.web import refusals


def task(content: Mapping[str, Any], models: Sequence[str]) -> tuple[str, in_memory.Task]:
  """The model and the task of a request; the result is to be a PNG, and the first model paints it.

  Raises:
    refusals.Refusal: if it holds no picture and mask.
  """
  image, mask = (_decoded(content, name) for name in ('image', 'mask'))
  model, how = options_lib.read({'format': 'png'}, models)
  return model, in_memory.Task(image, mask, opaque_mask=True, **how)


def seed(content: Mapping[str, Any]) -> str:
  """What is sent back as `X-Seed`; nothing here is drawn by it."""
  given = content.get('sd_seed')
  return str(given if type(given) is int and abs(given) < 2**63 else 42)


def model(name: str) -> dict[str, Any]:
  """How IOPaint describes a model."""
  return {
    'name': name,
    'path': name,
    'model_type': 'inpaint',
    'is_single_file_diffusers': False,
    'need_prompt': False,
    'controlnets': [],
    'brushnets': [],
    'support_strength': False,
    'support_outpainting': False,
    'support_lcm_lora': False,
    'support_controlnet': False,
    'support_brushnet': False,
    'support_powerpaint_v2': False,
  }


def server_config(models: Sequence[str]) -> dict[str, Any]:
  """How IOPaint describes a server: here, one without plugins."""
  return {
    'plugins': [],
    'modelInfos': [model(name) for name in models],
    'removeBGModel': '',
    'removeBGModels': [],
    'realesrganModel': '',
    'realesrganModels': [],
    'interactiveSegModel': '',
    'interactiveSegModels': [],
    'enableFileManager': False,
    'enableAutoSaving': False,
    'enableControlnet': False,
    'controlnetMethod': None,
    'disableModelSwitch': True,
    'isDesktop': False,
    'samplers': [],
  }


def _decoded(content: Mapping[str, Any], name: str) -> bytes:
  text = content.get(name)
  if not isinstance(text, str) or not text:
    raise errors.InputError(f'There is no {name}; send it as base64 or as a data URL.')
  if text.startswith('data:'):
    text = text.partition(',')[2]
  try:
    return base64.b64decode(''.join(text.split()), validate=True)
  except (binascii.Error, ValueError):
    raise refusals.Refusal(422, f'The {name} is no base64; encode it anew.') from None
