"""GLCIC in PyTorch, for comparison alone: the same networks, the same three steps, our own code.

`steps(...)` gives one function for each phase, as `glcic_jax.training.step` has them: BatchNorm in
training mode, real and completed judged each as a batch of its own, one forward pass of the
completion network in a joint step, ADADELTA. What a careful user of PyTorch would write;
`channels_last`, `bfloat16` (autocast) and `compiled` (torch.compile) are what tuning adds.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from glcic_jax import batch as batch_lib
from glcic_jax.models import glcic

Step = Callable[[batch_lib.Batch], None]


def completion(width: float = 1.0) -> nn.Sequential:
  """The completion network (table 1 of the paper), NCHW, 4 channels in."""
  layers, channels = [], 4
  for number, (kind, kernel, stride, dilation, features) in enumerate(glcic.COMPLETION_LAYERS):
    last = number == len(glcic.COMPLETION_LAYERS) - 1
    features = features if last else max(1, round(width * features))
    if kind == 'deconv':
      layers.append(nn.ConvTranspose2d(channels, features, kernel, stride, 1))
    else:
      layers.append(
        nn.Conv2d(channels, features, kernel, stride, dilation * (kernel - 1) // 2, dilation)
      )
    layers += [nn.Sigmoid()] if last else [nn.BatchNorm2d(features), nn.ReLU(inplace=True)]
    channels = features
  return nn.Sequential(*layers)


def _branch(size: int, width: float) -> nn.Sequential:
  layers, channels, side = [], 3, size
  for features in glcic.DISCRIMINATOR_FEATURES[: glcic.branch_depth(size)]:
    features = max(1, round(width * features))
    layers += [
      nn.Conv2d(channels, features, 5, 2, 2),
      nn.BatchNorm2d(features),
      nn.ReLU(inplace=True),
    ]
    channels, side = features, (side + 1) // 2
  vector = max(1, round(width * glcic.VECTOR_FEATURES))
  return nn.Sequential(
    *layers, nn.Flatten(), nn.Linear(channels * side**2, vector), nn.ReLU(inplace=True)
  )


class Discriminator(nn.Module):
  """The fused discriminator (tables 2 to 4): pictures and view corners -> logits."""

  def __init__(self, size: int, local_size: int, width: float = 1.0):
    super().__init__()
    self.local_size = local_size
    self.local, self.global_ = _branch(local_size, width), _branch(size, width)
    self.fusion = nn.Linear(2 * max(1, round(width * glcic.VECTOR_FEATURES)), 1)

  def forward(self, image: torch.Tensor, view: torch.Tensor) -> torch.Tensor:
    """`[B, 3, S, S]` and `[B, 2]` (y, x) -> `[B]`."""
    reach = torch.arange(self.local_size, device=image.device)
    rows = (view[:, :1] + reach)[:, None, :, None]
    columns = (view[:, 1:] + reach)[:, None, None, :]
    picture = torch.arange(len(image), device=image.device)[:, None, None, None]
    channel = torch.arange(3, device=image.device)[None, :, None, None]
    views = image[picture, channel, rows, columns]
    return self.fusion(torch.cat([self.local(views), self.global_(image)], 1))[:, 0]


def steps(
  size: int,
  local_size: int,
  width: float,
  mean_color: tuple[float, float, float],
  alpha: float,
  *,
  channels_last: bool,
  bfloat16: bool,
  compiled: bool,
) -> dict[str, Step]:
  """One training step for each phase, on the GPU where there is one.

  Args:
    size: side of the pictures in pixels.
    local_size: side of the local view.
    width: of all networks.
    mean_color: fills the holes, RGB in 0..1.
    alpha: weight of the adversarial loss.
    channels_last: memory layout of activations and kernels.
    bfloat16: autocast.
    compiled: both networks through torch.compile.
  """
  torch.manual_seed(0)
  twin = _Twin(
    completion(width),
    Discriminator(size, local_size, width),
    mean_color,
    alpha,
    torch.channels_last if channels_last else torch.contiguous_format,
    bfloat16,
    compiled,
  )
  return {
    'reconstruction': twin.reconstruction,
    'discriminator': twin.discriminator,
    'joint': twin.joint,
  }


class _Twin:
  """Both networks with their optimizers, and what the three steps do to them."""

  def __init__(
    self,
    generator: nn.Module,
    judge: nn.Module,
    mean_color: tuple[float, float, float],
    alpha: float,
    layout: torch.memory_format,
    bfloat16: bool,
    compiled: bool,
  ):
    self._device = 'cuda' if torch.cuda.is_available() else 'cpu'
    self._layout, self._bfloat16, self._alpha = layout, bfloat16, alpha
    networks = [
      network.to(device=self._device, memory_format=layout) for network in (generator, judge)
    ]
    self._optimizers = [
      torch.optim.Adadelta(network.parameters(), lr=1.0, rho=0.9, eps=1e-6) for network in networks
    ]
    self._complete, self._judge = (
      torch.compile(network) if compiled else network for network in networks
    )
    self._judge_parameters = list(judge.parameters())
    self._fill = torch.tensor(mean_color, device=self._device)[None, :, None, None]

  def reconstruction(self, batch: batch_lib.Batch) -> None:
    """The completion network, by the squared error."""
    image, mask, filled, *_ = self._inputs(batch)
    with self._autocast():
      raw = self._complete(filled)
    self._update(0, _squared_error(raw, image, mask))

  def discriminator(self, batch: batch_lib.Batch) -> None:
    """The discriminator, by what is real and what is completed."""
    image, mask, filled, real_view, view = self._inputs(batch)
    with torch.no_grad(), self._autocast():
      raw = self._complete(filled).float()
    self._update_judge(image, torch.where(mask > 0, raw, image), real_view, view)

  def joint(self, batch: batch_lib.Batch) -> None:
    """The discriminator, then the completion network against the updated one."""
    image, mask, filled, real_view, view = self._inputs(batch)
    with self._autocast():
      raw = self._complete(filled).float()
    completed = torch.where(mask > 0, raw, image)
    self._update_judge(image, completed, real_view, view)
    # No gradient for the discriminator's weights in the generator's update.
    self._judge_learns(False)
    with self._autocast():
      logits = self._judge(completed, view).float()
    self._update(0, _squared_error(raw, image, mask) + self._alpha * _cross_entropy(logits, 1))
    self._judge_learns(True)

  def _inputs(self, batch: batch_lib.Batch) -> tuple[torch.Tensor, ...]:
    image = self._moved(batch.image).permute(0, 3, 1, 2).float() / 255
    mask = self._moved(batch.mask).permute(0, 3, 1, 2).float()
    views = [self._moved(view).long() for view in (batch.real_view, batch.view)]
    filled = torch.cat([torch.where(mask > 0, self._fill, image), mask], 1).contiguous(
      memory_format=self._layout
    )
    return image.contiguous(memory_format=self._layout), mask, filled, *views

  def _moved(self, array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(array)).to(self._device)

  def _autocast(self) -> torch.autocast:
    return torch.autocast(self._device, torch.bfloat16, enabled=self._bfloat16)

  def _update_judge(
    self, image: torch.Tensor, completed: torch.Tensor, real_view: torch.Tensor, view: torch.Tensor
  ) -> None:
    with self._autocast():
      real, fake = (
        self._judge(image, real_view).float(),
        self._judge(completed.detach(), view).float(),
      )
    self._update(1, _cross_entropy(real, 1) + _cross_entropy(fake, 0))

  def _update(self, number: int, loss: torch.Tensor) -> None:
    self._optimizers[number].zero_grad(set_to_none=True)
    loss.backward()
    self._optimizers[number].step()

  def _judge_learns(self, learns: bool) -> None:
    for parameter in self._judge_parameters:
      parameter.requires_grad_(learns)


def _squared_error(raw: torch.Tensor, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
  return torch.square(mask * (raw.float() - image)).mean()


def _cross_entropy(logits: torch.Tensor, real: float) -> torch.Tensor:
  return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


def synchronize() -> None:
  """Waits until the GPU, if there is one, has done all it was given."""
  if torch.cuda.is_available():
    torch.cuda.synchronize()
