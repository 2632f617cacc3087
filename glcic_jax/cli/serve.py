"""glcic-jax serve [--model MODEL ...] [--host HOST --port PORT]"""

from collections.abc import Sequence

from glcic_jax.cli import parser as parser_lib


def main(arguments: Sequence[str]) -> int:
  """Serves until stopped."""
  parser = parser_lib.Parser('serve', 'The brush page.')
  parser.add_argument('--model', action='append')
  parser.add_argument('--host', default='127.0.0.1')
  parser.add_argument('--port', type=int, default=8080)
  options = parser.parse_args(arguments)
  import uvicorn

  from glcic_jax.web import app

  uvicorn.run(app.make(options.model or ['demo']), host=options.host, port=options.port)
  return 0
