"""Whether a colour profile (ICC) describes the pixels that it is to stand beside."""

_GREY = dict.fromkeys(('1', 'L', 'LA', 'La', 'I', 'I;16', 'I;16B', 'I;16L', 'F'), 'GRAY')
_SPACES = {**_GREY, **dict.fromkeys(('P', 'PA', 'RGB', 'RGBA', 'RGBa', 'RGBX', 'YCbCr'), 'RGB')}
_SPACES |= {'CMYK': 'CMYK', 'LAB': 'Lab'}
_LENGTH = 128  # bytes of its head


def space(profile: bytes) -> str:
  """The colour space that a profile is of, such as RGB; empty if it is no profile."""
  if len(profile) < _LENGTH or profile[36:40] != b'acsp':
    return ''
  return profile[16:20].decode('latin-1').strip()


def fits(profile: bytes, mode: str, before: str) -> bool:
  """Whether it is of the colour space of a Pillow mode, and stood beside another before.

  What is no profile may stay where it was.
  """
  of = space(profile)
  return of == _SPACES.get(mode, '') if of else mode == before
