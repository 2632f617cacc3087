"""Refusing a request: a status and one sentence, which leave as JSON: `{"error": "..."}`.

Where a field would answer the question that is open, its values come along:
`{"error": "...", "choices": {"mask_channel": ["alpha", "luminance"]}}`.
"""

from collections.abc import Mapping, Sequence

from starlette import responses


class Refusal(Exception):
  """Ends a request."""

  def __init__(
    self,
    status: int,
    sentence: str,
    headers: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
  ):
    super().__init__(sentence)
    self.status, self.headers, self.choices = status, dict(headers or {}), dict(choices or {})

  def response(self) -> responses.Response:
    """What the client gets."""
    content = {'error': str(self)} | ({'choices': self.choices} if self.choices else {})
    return responses.JSONResponse(content, self.status, self.headers)
