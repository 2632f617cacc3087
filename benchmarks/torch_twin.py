"""GLCIC in PyTorch, for comparison alone: the same networks, the same three steps, our own code.

`steps(...)` gives one function for each phase, as `glcic_jax.training.step` has them: BatchNorm in training
mode, real and completed judged each as a batch of its own, one forward pass of the completion network in a
joint step, ADADELTA. What a careful user of PyTorch would write; `channels_last`, `bfloat16` (autocast) and
`compiled` (torch.compile) are what tuning adds.
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
      layers.append(nn.Conv2d(channels, features, kernel, stride, dilation * (kernel - 1) // 2, dilation))
    layers += [nn.Sigmoid()] if last else [nn.BatchNorm2d(features), nn.ReLU(inplace=True)]
    channels = features
  return nn.Sequential(*layers)


def _branch(size: int, width: float) -> nn.Sequential:
  layers, channels, side = [], 3, size
  for features in glcic.DISCRIMINATOR_FEATURES[:glcic.branch_depth(size)]:
    features = max(1, round(width * features))
    layers += [nn.Conv2d(channels, features, 5, 2, 2), nn.BatchNorm2d(features), nn.ReLU(inplace=True)]
    channels, side = features, (side + 1) // 2
  vector = max(1, round(width * glcic.VECTOR_FEATURES))
  return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side**2, vector), nn.ReLU(inplace=True))


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


def steps(size: int, local_size: int, width: float, mean_color: tuple[float, float, float], alpha: float, *,
          channels_last: bool, bfloat16: bool, compiled: bool) -> dict[str, Step]:
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
  device = 'cuda' if torch.cuda.is_available() else 'cpu'
  layout = torch.channels_last if channels_last else torch.contiguous_format
  torch.manual_seed(0)
  generator = completion(width).to(device=device, memory_format=layout)
  judge = Discriminator(size, local_size, width).to(device=device, memory_format=layout)
  optimizers = [torch.optim.Adadelta(network.parameters(), lr=1.0, rho=0.9, eps=1e-6)
                for network in (generator, judge)]
  complete, judged = (torch.compile(generator), torch.compile(judge)) if compiled else (generator, judge)
  fill = torch.tensor(mean_color, device=device)[None, :, None, None]
  cross_entropy = functional.binary_cross_entropy_with_logits

  def inputs(batch):
    image = torch.from_numpy(np.asarray(batch.image)).to(device).permute(0, 3, 1, 2).float() / 255
    mask = torch.from_numpy(np.asarray(batch.mask)).to(device).permute(0, 3, 1, 2).float()
    views = [torch.from_numpy(np.asarray(view)).to(device).long() for view in (batch.real_view, batch.view)]
    filled = torch.cat([torch.where(mask > 0, fill, image), mask], 1).contiguous(memory_format=layout)
    return image.contiguous(memory_format=layout), mask, filled, *views

  def autocast():
    return torch.autocast(device, torch.bfloat16, enabled=bfloat16)

  def squared_error(raw, image, mask):
    return torch.square(mask * (raw.float() - image)).mean()

  def update(optimizer, loss):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()

  def update_judge(image, completed, real_view, view):
    with autocast():
      real, fake = judged(image, real_view).float(), judged(completed.detach(), view).float()
    update(optimizers[1], cross_entropy(real, torch.ones_like(real)) + cross_entropy(fake, torch.zeros_like(fake)))

  def reconstruction(batch):
    image, mask, filled, *_ = inputs(batch)
    with autocast():
      raw = complete(filled)
    update(optimizers[0], squared_error(raw, image, mask))

  def discriminator(batch):
    image, mask, filled, real_view, view = inputs(batch)
    with torch.no_grad(), autocast():
      raw = complete(filled).float()
    update_judge(image, torch.where(mask > 0, raw, image), real_view, view)

  def joint(batch):
    image, mask, filled, real_view, view = inputs(batch)
    with autocast():
      raw = complete(filled).float()
    completed = torch.where(mask > 0, raw, image)
    update_judge(image, completed, real_view, view)
    judge.requires_grad_(False)  # no gradient for the discriminator's weights in the generator's update
    with autocast():
      logits = judged(completed, view).float()
    update(optimizers[0], squared_error(raw, image, mask) + alpha * cross_entropy(logits, torch.ones_like(logits)))
    judge.requires_grad_(True)

  return {'reconstruction': reconstruction, 'discriminator': discriminator, 'joint': joint}


def synchronize() -> None:
  """Waits until the GPU, if there is one, has done all it was given."""
  if torch.cuda.is_available():
    torch.cuda.synchronize()
