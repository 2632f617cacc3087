"""Refusing a request: a status and one sentence, which leave as JSON: `{"error": "..."}`."""

from collections.abc import Mapping

from starlette import responses


class Refusal(Exception):
  """Ends a request."""

  def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None):
    super().__init__(sentence)
    self.status, self.headers = status, dict(headers or {})

  def response(self) -> responses.Response:
    """What the client gets."""
    return responses.JSONResponse({'error': str(self)}, self.status, self.headers)
