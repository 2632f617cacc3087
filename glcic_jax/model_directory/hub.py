"""Models of the Hugging Face Hub: `ORG/NAME` or `ORG/NAME@REVISION`, wherever a MODEL is asked for.

`huggingface_hub` fetches and caches them: an optional extra, `pip install 'glcic_jax[hub]'`.
Nothing but the three files of a model directory is asked for, so no pickle ever comes; with
`HF_HUB_OFFLINE=1` nothing is, and the cache alone serves. A branch moves, so what is used is said
as a commit.
"""

from collections.abc import Sequence
import functools
import os
import re
import sys
from typing import Any

from etils import epath

from glcic_jax import errors

_NAME = re.compile(r'([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?', re.ASCII)
_COMMIT = re.compile(r'[0-9a-f]{40}')


def means_hub(model: epath.PathLike) -> bool:
  """Whether a MODEL is a name on the Hub: of that form, and not of a folder that is here."""
  name = os.fspath(model)
  return bool(_NAME.fullmatch(name)) and not epath.Path(name).exists()


@functools.cache  # in one process, a name means one commit
def fetch(
  name: str, revision: str | None, needed: Sequence[str], wanted: Sequence[str] = ()
) -> epath.Path:
  """The folder of the cache that holds a model, fetched if it is not there.

  Args:
    name: `ORG/NAME` or `ORG/NAME@REVISION`.
    revision: a commit, a tag or a branch; None: as the name says, or `main`.
    needed: the files that make a model.
    wanted: files that are fetched too, where there are any; no other is.

  Raises:
    errors.InputError: if there is no such model, or no way to it; the sentence says which.
  """
  match = _NAME.fullmatch(name)
  assert match, 'means_hub was asked before'
  repository, named = match.groups()
  if named and revision and named != revision:
    raise errors.InputError(f'{name} and the revision {revision} name two revisions; give one.')
  revision = revision or named
  try:
    import huggingface_hub
  except ModuleNotFoundError:
    raise errors.InputError(
      f'There is no folder {name}; if it is a model of the Hugging Face Hub, install what '
      f'fetches it: {errors.install("hub")}.'
    ) from None
  folder = _download(huggingface_hub, repository, revision, [*needed, *wanted])
  missing = [file for file in needed if not (folder / file).exists()]
  if missing:
    raise errors.InputError(
      f'{repository} on the Hugging Face Hub lacks {", ".join(missing)}: it is no model of this '
      'project, or its copy in the cache is not whole.'
    )
  if revision != folder.name:
    print(
      f'{name}: commit {folder.name}; {repository}@{folder.name} will mean the same model for '
      'ever.',
      file=sys.stderr,
    )
  return folder


def _download(library: Any, repository: str, revision: str | None, files: list[str]) -> epath.Path:
  """`huggingface_hub`'s download, silent where nobody watches, its errors as sentences."""
  from huggingface_hub import constants
  from huggingface_hub import errors as hub_errors
  from huggingface_hub import utils

  at = f'{repository}@{revision}' if revision else repository
  silenced = not sys.stderr.isatty() and not utils.are_progress_bars_disabled()
  if silenced:
    utils.disable_progress_bars()
  try:
    return epath.Path(
      library.snapshot_download(repository, revision=revision, allow_patterns=files)
    )
  except hub_errors.GatedRepoError:
    reason = (
      'its owners give it only to who has asked them; ask on its page, then log in by: hf '
      'auth login.'
    )
  except hub_errors.RepositoryNotFoundError:
    reason = (
      'there is no folder of this name here, and no such model on the Hugging Face Hub, or '
      'only a private one.'
    )
  except hub_errors.RevisionNotFoundError:
    reason = (
      'there is no such revision of it on the Hugging Face Hub; give a branch, a tag or a commit.'
    )
  except hub_errors.LocalEntryNotFoundError:
    why_not = (
      'HF_HUB_OFFLINE forbids to fetch it'
      if constants.HF_HUB_OFFLINE
      else 'the Hub cannot be reached'
    )
    reason = (
      'there is no folder of this name here, it is not in the cache of the Hugging Face '
      f'Hub, and {why_not}.'
    )
  except Exception as error:  # the HTTP client below has errors of its own, another in each version
    first = str(error).splitlines()[0] if str(error) else ''
    reason = f'it could not be fetched from the Hugging Face Hub ({type(error).__name__}: {first}).'
  finally:
    if silenced:
      utils.enable_progress_bars()
  raise errors.InputError(f'{at}: {reason}')
