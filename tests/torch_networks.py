"""The networks of other programs written in PyTorch, with the names that their state dicts have, to
compare with.

Imported only where torch is installed. Networks take and return what theirs do, `[B, C, H, W]`;
`raw` prepares pictures as each program does.
"""

import torch
from torch import nn

from tests import foreign

# Kernel, stride, dilation, channels of GLCIC's convolutions; stride 0: transposed, twice the size.
_COMPLETION = [
  (5, 1, 1, 64),
  (3, 2, 1, 128),
  (3, 1, 1, 128),
  (3, 2, 1, 256),
  (3, 1, 1, 256),
  (3, 1, 1, 256),
  (3, 1, 2, 256),
  (3, 1, 4, 256),
  (3, 1, 8, 256),
  (3, 1, 16, 256),
  (3, 1, 1, 256),
  (3, 1, 1, 256),
  (4, 0, 1, 128),
  (3, 1, 1, 128),
  (4, 0, 1, 64),
  (3, 1, 1, 32),
  (3, 1, 1, 3),
]


def _completion_convolutions(width, hidden_biases=True):
  convolutions, inputs = [], 4
  for number, (kernel, stride, dilation, full) in enumerate(_COMPLETION, start=1):
    last = number == len(_COMPLETION)
    features = full if last else round(width * full)
    bias = hidden_biases or last
    if stride:
      padding = dilation * (kernel - 1) // 2
      convolutions.append(nn.Conv2d(inputs, features, kernel, stride, padding, dilation, bias=bias))
    else:
      convolutions.append(nn.ConvTranspose2d(inputs, features, kernel, 2, 1, bias=bias))
    inputs = features
  return convolutions


def glcic_official(width):
  """GLCIC's authors': 50 modules in a row."""
  *hidden, last = _completion_convolutions(width)
  modules = []
  for convolution in hidden:
    modules += [convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU()]
  return nn.Sequential(*modules, last, nn.Sigmoid())


class Otenim(nn.Module):
  """otenim's: ReLU, then BatchNorm."""

  def __init__(self, width):
    super().__init__()
    for number, convolution in enumerate(_completion_convolutions(width), start=1):
      kind = 'deconv' if isinstance(convolution, nn.ConvTranspose2d) else 'conv'
      setattr(self, f'{kind}{number}', convolution)
      if number < 17:
        setattr(self, f'bn{number}', nn.BatchNorm2d(convolution.out_channels))

  def forward(self, x):
    for number in range(1, 17):
      convolution = getattr(self, f'deconv{number}', None) or getattr(self, f'conv{number}')
      x = getattr(self, f'bn{number}')(torch.relu(convolution(x)))
    return torch.sigmoid(self.conv17(x))


def _block(convolution, norm=True):
  block = nn.Module()
  block.conv = convolution
  if norm:
    block.bn = nn.BatchNorm2d(convolution.out_channels)
  return block


def _run_block(block, x):
  return torch.relu(block.bn(block.conv(x)))


class MMagic(nn.Module):
  """MMagic's generator and discriminators: no biases before BatchNorm, clamped to [-1, 1]."""

  def __init__(self, width):
    super().__init__()
    blocks = [
      _block(convolution, number < 17)
      for number, convolution in enumerate(
        _completion_convolutions(width, hidden_biases=False), start=1
      )
    ]
    self.generator = nn.Module()
    self.generator.encoder, self.generator.dilation_neck, self.generator.decoder = (
      nn.Module() for _ in range(3)
    )
    for number, block in enumerate(blocks[:6], start=1):
      setattr(self.generator.encoder, f'enc{number}', block)
    self.generator.dilation_neck.dilation_convs = nn.Sequential(*blocks[6:10])
    for number, block in enumerate(blocks[10:], start=1):
      setattr(self.generator.decoder, f'dec{number}', block)
    self._blocks = blocks  # a list: not in the state dict twice
    self.disc = _MMagicDiscriminators(width)

  def forward(self, x):
    *hidden, last = self._blocks
    for block in hidden:
      x = _run_block(block, x)
    return torch.clamp(last.conv(x), -1, 1)


_JUDGING = (64, 128, 256, 512, 512, 512)


class _MMagicDiscriminators(nn.Module):
  """On 192 px, with a local view of 96 px; the global vector comes first."""

  def __init__(self, width):
    super().__init__()
    for name, depth in (('global_disc', 6), ('local_disc', 5)):
      branch, inputs = nn.Module(), 3
      for number in range(1, depth + 1):
        features = round(width * _JUDGING[number - 1])
        setattr(branch, f'conv{number}', _block(nn.Conv2d(inputs, features, 5, 2, 2, bias=False)))
        inputs = features
      branch.fc = nn.Module()
      branch.fc.linear = nn.Linear(inputs * 9, round(width * 1_024))
      branch.depth = depth
      setattr(self, name, branch)
    self.fc = nn.Linear(2 * round(width * 1_024), 1)

  def forward(self, whole, local):
    vectors = []
    for branch, x in ((self.global_disc, whole), (self.local_disc, local)):
      for number in range(1, branch.depth + 1):
        x = _run_block(getattr(branch, f'conv{number}'), x)
      vectors.append(torch.relu(branch.fc.linear(x.flatten(1))))
    return self.fc(torch.cat(vectors, 1))[:, 0]


class OtenimDiscriminator(nn.Module):
  """otenim's, for 160 px with a local view of 96 px; the local vector comes first. Logits: no
  sigmoid.
  """

  def __init__(self, width):
    super().__init__()
    for name, side in (('model_ld', 3), ('model_gd', 5)):
      branch, inputs = nn.Module(), 3
      for number in range(1, 6):
        features = round(width * _JUDGING[number - 1])
        setattr(branch, f'conv{number}', nn.Conv2d(inputs, features, 5, 2, 2))
        setattr(branch, f'bn{number}', nn.BatchNorm2d(features))
        inputs = features
      branch.linear6 = nn.Linear(inputs * side * side, round(width * 1_024))
      setattr(self, name, branch)
    self.linear1 = nn.Linear(2 * round(width * 1_024), 1)

  def forward(self, whole, local):
    vectors = []
    for branch, x in ((self.model_ld, local), (self.model_gd, whole)):
      for number in range(1, 6):
        x = getattr(branch, f'bn{number}')(torch.relu(getattr(branch, f'conv{number}')(x)))
      vectors.append(torch.relu(branch.linear6(x.flatten(1))))
    return self.linear1(torch.cat(vectors, 1))[:, 0]


def _strided(channels, bias):
  modules, inputs = [nn.Conv2d(3, channels[0], 4, 2, 1, bias=bias), nn.LeakyReLU(0.2)], channels[0]
  for features in channels[1:]:
    modules += [
      nn.Conv2d(inputs, features, 4, 2, 1, bias=bias),
      nn.BatchNorm2d(features),
      nn.LeakyReLU(0.2),
    ]
    inputs = features
  return modules


def _context_encoder(width, bottleneck, stages, up_stages, bias):
  full = (64, 64, 64, 128, 256, 512)
  channels = [round(width * features) for features in full[-stages:]]
  encoder = _strided(channels, bias) + [nn.Conv2d(channels[-1], bottleneck, 4, bias=bias)]
  joined = [nn.BatchNorm2d(bottleneck), nn.LeakyReLU(0.2)]
  inputs = round(width * 512)
  decoder = [
    nn.ConvTranspose2d(bottleneck, inputs, 4, bias=bias),
    nn.BatchNorm2d(inputs),
    nn.ReLU(),
  ]
  for features in [round(width * features) for features in full[-up_stages:-1]][::-1]:
    decoder += [
      nn.ConvTranspose2d(inputs, features, 4, 2, 1, bias=bias),
      nn.BatchNorm2d(features),
      nn.ReLU(),
    ]
    inputs = features
  return encoder, joined, decoder + [nn.ConvTranspose2d(inputs, 3, 4, 2, 1, bias=bias), nn.Tanh()]


def context_encoder_official(width, bottleneck, stages=5, up_stages=4):
  """The Context Encoder's authors': the encoder is the first module of the whole."""
  encoder, joined, decoder = _context_encoder(width, bottleneck, stages, up_stages, True)
  return nn.Sequential(nn.Sequential(*encoder), *joined, *decoder)


class BoyuanJiang(nn.Module):
  """The port without biases."""

  def __init__(self, width, bottleneck):
    super().__init__()
    encoder, joined, decoder = _context_encoder(width, bottleneck, 5, 4, False)
    self.main_encode, self.main_decode = nn.Sequential(*encoder, *joined), nn.Sequential(*decoder)

  def forward(self, x):
    return self.main_decode(self.main_encode(x))


class BoyuanJiangDiscriminator(nn.Module):
  """Its discriminator of 64 px patches. Logits: no sigmoid."""

  def __init__(self, width):
    super().__init__()
    channels = [round(width * features) for features in (64, 128, 256, 512)]
    self.main = nn.Sequential(*_strided(channels, False), nn.Conv2d(channels[-1], 1, 4, bias=False))

  def forward(self, x):
    return self.main(x)[:, 0, 0, 0]


def _zero_after_mean(image, mask):
  mean = image.new_tensor(foreign.MEAN)[:, None, None]
  return torch.cat([(image - mean) * (1 - mask), mask], 1)


def _filled(image, mask):
  mean = image.new_tensor(foreign.MEAN)[:, None, None]
  return torch.cat([image * (1 - mask) + mean * mask, mask], 1)


def _signed_bgr(image, mask):
  return torch.cat([(image.flip(1) * 2 - 1) * (1 - mask), mask], 1)


def _released_hole(image, mask):
  hole = image.new_tensor(foreign.RELEASED_HOLE)[:, None, None]
  return (image * (1 - mask) + hole * mask) * 2 - 1


def _as_it_is(output):
  return output


def _signed(output):
  return (output + 1) / 2


def _from_signed_bgr(output):
  return (output.flip(1) + 1) / 2


# Case: how to build it at a width, side of its pictures, how it sees a picture of 0..1, what its
# output is.
CASES = {
  'glcic_official': (glcic_official, (72, 80), _zero_after_mean, _as_it_is),
  'otenim': (Otenim, (72, 80), _filled, _as_it_is),
  'mmagic': (MMagic, (72, 80), _signed_bgr, _from_signed_bgr),
  'center_100': (
    lambda width: context_encoder_official(width, 100),
    (128, 128),
    _released_hole,
    _signed,
  ),
  'center_4000': (
    lambda width: context_encoder_official(width, 4_000),
    (128, 128),
    _released_hole,
    _signed,
  ),
  'random': (
    lambda width: context_encoder_official(width, 100, up_stages=5),
    (128, 128),
    _released_hole,
    _signed,
  ),
  'random_64': (
    lambda width: context_encoder_official(width, 100, 4, 4),
    (64, 64),
    _released_hole,
    _signed,
  ),
  'boyuan_jiang': (lambda width: BoyuanJiang(width, 200), (128, 128), _released_hole, _signed),
}


def shapes(network):
  """(name, shape) of a state dict, without torch's counters."""
  return [
    (name, tuple(tensor.shape))
    for name, tensor in network.state_dict().items()
    if not name.endswith('num_batches_tracked')
  ]


def load(network, arrays):
  """Puts arrays into a network; returns it."""
  missing = network.load_state_dict(
    {name: torch.from_numpy(array) for name, array in arrays.items()}, strict=False
  )
  assert not missing.unexpected_keys
  assert all(name.endswith('num_batches_tracked') for name in missing.missing_keys)
  return network


def raw(case, network, pictures, mask, *, train):
  """A generator's output for pictures `[B, H, W, 3]` uint8 as its own program runs it, in 0..1.

  In float64: in training mode, a channel that hardly varies makes much of float32's rounding.
  Returns `[B, H, W, 3]`, of the patch alone where the network paints no more.
  """
  _, _, see, show = CASES[case]
  image = torch.from_numpy(pictures.transpose(0, 3, 1, 2) / 255)
  with torch.no_grad():
    output = show(
      network.double().train(train)(
        see(image, torch.from_numpy(mask.transpose(0, 3, 1, 2)).double())
      )
    )
  return output.numpy().transpose(0, 2, 3, 1)


# Case: how to build its discriminator at a width, side of what it judges, how it sees a picture of
# 0..1.
JUDGES = {
  'otenim': (OtenimDiscriminator, 160, lambda image: image),
  'mmagic': (_MMagicDiscriminators, 192, lambda image: image.flip(1) * 2 - 1),
  'boyuan_jiang': (BoyuanJiangDiscriminator, 64, lambda image: image * 2 - 1),
}


def logits(case, judge, pictures):
  """A discriminator's opinion of pictures `[B, S, S, 3]` uint8: `[B]`."""
  image = JUDGES[case][2](torch.from_numpy(pictures.transpose(0, 3, 1, 2) / 255))
  (top, left), side = foreign.LOCAL_CORNER, foreign.LOCAL_SIDE
  local = [] if case == 'boyuan_jiang' else [image[:, :, top : top + side, left : left + side]]
  with torch.no_grad():
    return judge.double().eval()(image, *local).numpy()
