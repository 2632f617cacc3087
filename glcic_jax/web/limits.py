"""What the server takes at most, and how long it waits."""

from typing import NamedTuple


class Limits(NamedTuple):
  """Bounds of the server; the tests lower them."""

  bytes: int = 25 * 2**20  # of a request with its pictures, before base64
  pixels: int = 50_000_000  # of a picture
  whole_pixels: int = 4_000_000  # with large=whole: a network takes a kilobyte for each
  waiting: int = 15  # requests beside the one that is worked on
  seconds: float = 120  # for a completion; also, how long a request waits for the models
  upload_seconds: float = 60  # for a request to arrive
  silence_seconds: float = 10  # between two pieces of it
  connections: int = 128
