"""JSON under a seal: a SHA-256 digest beside it, so that a flip of any bit is noticed.

{"sha256": digest of the text, "json": "the text of the JSON"}
"""

from collections.abc import Mapping
import hashlib
import json
from typing import Any


def seal(values: Mapping[str, Any]) -> dict[str, str]:
  """Plain JSON values -> the same as text, with its digest."""
  text = json.dumps(dict(values))
  return {'sha256': digest(text), 'json': text}


def unseal(stored: Any) -> dict[str, Any]:
  """The inverse of `seal`; what was written before there were seals comes back as it is.

  Raises:
    ValueError: if it is neither, or the text is another than was sealed.
  """
  if isinstance(stored, dict) and stored.keys() == {'sha256', 'json'}:
    if digest(str(stored['json'])) != stored['sha256']:
      raise ValueError('its JSON does not match its SHA-256 digest')
    stored = json.loads(stored['json'])
  if not isinstance(stored, dict):
    raise ValueError('it is no table')
  return stored


def digest(text: str) -> str:
  """SHA-256 of a text, in hexadecimal."""
  return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()
