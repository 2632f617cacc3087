"""The gradient penalty and the augmentation, written in PyTorch a second time, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax.training import augmentation
from glcic_jax.training import forward
from glcic_jax.training import penalty
from tests import fakes

torch = pytest.importorskip('torch', minversion='2.6', reason='PyTorch is not installed')


def tensors(tree):
  """The leaves of Flax's tree in float64, their gradients wanted."""
  return jax.tree.map(lambda leaf: torch.tensor(np.array(leaf), requires_grad=True), tree)


def logits(params, pictures):
  """The global discriminator at 16 px in training mode; `pictures`: `[B, 3, 16, 16]`."""
  x, branch = pictures, params['global']
  for number in (1, 2):
    convolution, norm = branch[f'conv{number}'], branch[f'norm{number}']
    kernel = convolution['kernel'].permute(3, 2, 0, 1)
    x = torch.nn.functional.conv2d(x, kernel, convolution['bias'], stride=2, padding=2)
    x = torch.nn.functional.batch_norm(
      x, None, None, norm['scale'], norm['bias'], training=True, eps=1e-5
    )
    x = torch.relu(x)
  x = x.permute(0, 2, 3, 1).flatten(1)
  x = torch.relu(x @ branch['vector']['kernel'] + branch['vector']['bias'])
  return (x @ params['fusion']['kernel'] + params['fusion']['bias'])[:, 0]


def test_the_penalty_and_its_gradient_are_torchs():
  with jax.enable_x64(True):
    method = fakes.tiny_method(
      dtype='float64', model__branches='global', penalty__weight=3.0, penalty__every=1
    )
    state = fakes.random_state(method)
    inputs = forward.Inputs.of(fakes.make_batch(), method, state.step)
    value, gradient = jax.device_get(
      penalty.lazily(state.discriminator, inputs.image, inputs.real_view, inputs, method)
    )
    params, image = jax.device_get((state.discriminator.params, inputs.image))
  theirs = tensors(params)
  pictures = torch.tensor(np.array(image)).permute(0, 3, 1, 2).requires_grad_()
  (slope,) = torch.autograd.grad(logits(theirs, pictures).sum(), pictures, create_graph=True)
  loss = 3.0 / 2 * slope.square().sum((1, 2, 3)).mean()
  loss.backward()
  np.testing.assert_allclose(value, loss.item(), rtol=1e-10)
  assert value > 0

  def compare(ours, tensor):
    expected = np.zeros_like(ours) if tensor.grad is None else tensor.grad.numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-8, atol=1e-10 * abs(gradient_scale))

  gradient_scale = max(np.abs(leaf).max() for leaf in jax.tree.leaves(gradient))
  jax.tree.map(compare, gradient, theirs)


def test_the_augmentation_and_its_gradient_are_torchs():
  how = augmentation.Augmentation(1.0, 0.25, 0.5, local_size=4)
  rng = np.random.default_rng(0)
  pictures, slope = rng.uniform(size=(2, 4, 8, 8, 3))
  step, turn = 5, 1
  with jax.enable_x64(True):

    def augmented(images):
      seen, _ = augmentation.augment(
        images, jnp.zeros((4, 2), jnp.int32), jnp.int32(step), how, turn
      )
      return jnp.sum(seen * slope), seen

    run = jax.value_and_grad(augmented, has_aux=True)
    (_, ours), gradient = jax.device_get(jax.jit(run)(pictures))
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(0), step), turn)
    by_color, by_shift, by_square = jax.random.split(key, 3)
    draws = np.float64(jax.random.uniform(by_color, (3, 4, 1, 1, 1), jnp.float32, -1, 1))
    shifts = np.asarray(jax.random.randint(by_shift, (4, 2), -2, 3))
    centres = np.asarray(jax.random.uniform(by_square, (2, 4, 1, 1, 1))) * 8

  x = theirs = torch.tensor(pictures, requires_grad=True)
  brightness, saturation, contrast = torch.tensor(draws)
  x = x + brightness * 0.5
  grey = x.mean(3, keepdim=True)
  x = grey + (x - grey) * (saturation + 1)
  level = x.mean((1, 2, 3), keepdim=True)
  x = level + (x - level) * (contrast * 0.5 + 1)
  moved = torch.full((4, 8, 8, 3), 0.5, dtype=torch.float64)
  for row, (down, right) in enumerate(shifts.tolist()):
    to_rows = slice(max(down, 0), 8 + min(down, 0))
    to_columns = slice(max(right, 0), 8 + min(right, 0))
    from_rows = slice(max(-down, 0), 8 + min(-down, 0))
    from_columns = slice(max(-right, 0), 8 + min(-right, 0))
    moved[row, to_rows, to_columns] = x[row, from_rows, from_columns]
  middles = torch.arange(8) + 0.5
  for row, (down, right) in enumerate(centres[..., 0, 0, 0].T.tolist()):
    blank = ((middles - down).abs() < 2)[:, None] & ((middles - right).abs() < 2)
    moved[row, blank] = 0.5
  (moved * torch.tensor(slope)).sum().backward()
  np.testing.assert_allclose(ours, moved.detach().numpy(), rtol=1e-7, atol=1e-9)
  np.testing.assert_allclose(gradient, theirs.grad.numpy(), rtol=1e-7, atol=1e-9)
