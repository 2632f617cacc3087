"""The settings of otenim's program, which it keeps beside its weights."""

import json
from typing import Any

from etils import epath


def beside(source: epath.PathLike) -> dict[str, Any]:
  """Those of a file, from its folder or the one above; {} if there are none."""
  folder = epath.Path(source).parent
  for place in (folder, folder.parent):
    try:
      settings = json.loads((place / 'config.json').read_text())
    except (OSError, ValueError):
      continue
    if isinstance(settings, dict) and 'mpv' in settings:
      return settings
  return {}
