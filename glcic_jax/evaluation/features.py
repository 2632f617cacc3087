"""FID, KID and LPIPS by their published networks (torch-fidelity, lpips), where their weights are
given.

Nothing is downloaded: the weights are files in a folder, under the names that PyTorch's hub gives
them (its cache is such a folder), and each must have the SHA-256 digest whose first digits its name
ends in. What cannot be computed says why and stops nothing.
"""

from collections.abc import Callable, Iterator
import contextlib
import hashlib
import os
from typing import Any
import warnings

import numpy as np

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.evaluation import evaluate

INCEPTION = 'weights-inception-2015-12-05-6726825d.pth'
ALEXNET = 'alexnet-owt-7be5be79.pth'
_KID_SUBSETS, _KID_SUBSET_SIZE = 100, 1_000  # torch-fidelity's

DEFINITIONS = {
  'FID': 'Frechet distance of Inception features (torch-fidelity) between the completed pictures '
  'and the true ones; lower is better; too high for few pictures: compare it at equal n only',
  'KID': 'squared maximum mean discrepancy of the same features, without that bias; lower is '
  'better',
  'LPIPS': 'distance of AlexNet features (lpips 0.1), whole picture, mean over pictures; lower is '
  'better',
}

_Key = tuple[str, str]  # label and output


class Collector:
  """Looks at each completed picture as it is done, and tells the distances in the end."""

  def __init__(self, folder: str | None):
    """Opens what can be opened; `folder` holds the weights, None: there are none."""
    self._status: dict[str, str] = {}
    self._inception = self._open(('FID', 'KID'), folder, INCEPTION, _inception)
    self._lpips = self._open(('LPIPS',), folder, ALEXNET, _lpips)
    self._truth: dict[str, np.ndarray] = {}  # picture -> features
    self._completed: dict[_Key, list[np.ndarray]] = {}
    self._distances: dict[_Key, list[float]] = {}

  def visit(self, row: evaluate.Row, completed: np.ndarray, truth: np.ndarray) -> None:
    """One picture; as `evaluate.run` calls it."""
    key = row.label, row.output
    if self._inception:
      with self._never_fatal('FID', 'KID'):
        if row.entry.name not in self._truth:
          self._truth[row.entry.name] = self._inception(truth)
        self._completed.setdefault(key, []).append(self._inception(completed))
    if self._lpips:
      with self._never_fatal('LPIPS'):
        self._distances.setdefault(key, []).append(self._lpips(completed, truth))

  def results(self) -> dict[str, dict[str, Any]]:
    """For each of `DEFINITIONS`: definition, status (empty: computed), and values by label and
    output.
    """
    values: dict[str, dict[str, dict[str, float]]] = {name: {} for name in DEFINITIONS}

    def note(name: str, key: _Key, value: float) -> None:
      label, output = key
      values[name].setdefault(label, {})[output] = value

    with self._never_fatal('FID', 'KID'):
      for key, features in self._completed.items():
        fid, kid = _distances(np.stack(features), np.stack(list(self._truth.values())))
        note('FID', key, fid)
        note('KID', key, kid)
    for key, distances in self._distances.items():
      note('LPIPS', key, float(np.mean(distances)))
    found: dict[str, dict[str, Any]] = {}
    for name, definition in DEFINITIONS.items():
      status = self._status.get(name, '')
      known = {} if status else values[name]
      found[name] = {'definition': definition, 'status': status, 'values': known}
    return found

  def _open(
    self,
    names: tuple[str, ...],
    folder: str | None,
    file: str,
    build: Callable[[str], Callable[..., Any]],
  ) -> Callable[..., Any] | None:
    path = os.path.join(folder or '', file)
    if not folder or not os.path.isfile(path):
      reason = 'weights not given'
    elif not is_whole(path):
      reason = f'{file} does not have the SHA-256 digest in its name'
    else:
      with self._never_fatal(*names):
        return build(path)
      return None
    self._status |= dict.fromkeys(names, reason)
    return None

  @contextlib.contextmanager
  def _never_fatal(self, *names: str) -> Iterator[None]:
    """Notes what goes wrong inside it as the status of these, whose first reason stays."""
    try:
      with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # the libraries' own
        yield
    except Exception as error:
      reason = f'failed: {error}'
      if isinstance(error, ImportError):
        reason = f'{error.name} is not installed; {errors.install("metrics")}'
      for name in names:
        self._status.setdefault(name, reason.split('\n')[0])


def is_whole(path: str) -> bool:
  """Whether a file's SHA-256 digest begins with the digits after the last dash of its name."""
  digits = os.path.splitext(path)[0].rpartition('-')[2]
  files.check(path)
  with open(path, 'rb') as file:
    return hashlib.file_digest(file, 'sha256').hexdigest().startswith(digits)


def _inception(path: str) -> Callable[[np.ndarray], np.ndarray]:
  """Pictures `[H, W, 3]` uint8 -> `[2048]` features."""
  import torch
  import torch_fidelity.utils

  extractor = torch_fidelity.utils.create_feature_extractor(
    'inception-v3-compat', ['2048'], cuda=False, verbose=False, feature_extractor_weights_path=path
  )

  def features(image: np.ndarray) -> np.ndarray:
    with torch.no_grad():
      return extractor(_tensor(image))[0][0].numpy()

  return features


def _distances(completed: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
  """FID and KID of `[N, 2048]` features."""
  import torch
  from torch_fidelity import metric_fid
  from torch_fidelity import metric_kid

  both = torch.from_numpy(completed), torch.from_numpy(truth)
  statistics = map(metric_fid.fid_features_to_statistics, both)
  fid = metric_fid.fid_statistics_to_metric(*statistics, False)
  kid = metric_kid.kid_features_to_metric(
    *both,
    kid_subsets=_KID_SUBSETS,
    verbose=False,
    rng_seed=0,
    kid_subset_size=min(_KID_SUBSET_SIZE, len(truth)),
  )
  return float(fid[metric_fid.KEY_METRIC_FID]), float(kid[metric_kid.KEY_METRIC_KID_MEAN])


def _lpips(path: str) -> Callable[[np.ndarray, np.ndarray], float]:
  """Two pictures `[H, W, 3]` uint8 -> their distance."""
  import lpips
  import torch

  # Its own layers come with the library.
  network = lpips.LPIPS(net='alex', pnet_rand=True, verbose=False)
  stored = torch.load(path, weights_only=True)
  network.net.load_state_dict(
    {name: stored['features.' + name.partition('.')[2]] for name in network.net.state_dict()}
  )

  def distance(completed: np.ndarray, truth: np.ndarray) -> float:
    with torch.no_grad():
      return float(network(*(_tensor(image).float() / 127.5 - 1 for image in (completed, truth))))

  return distance


def _tensor(image: np.ndarray) -> Any:
  import torch

  return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
