"""What stands on a page: text, tables, figures, pictures within the file.

Every argument that is not `Html` is escaped.
"""

import base64
from collections.abc import Iterable, Sequence
import html
import io
from typing import Any

import numpy as np
from PIL import Image

_LARGEST = 1_024  # pixels: the longer side of a picture in a page


class Html(str):
  """Markup, which is not escaped again."""


def text(value: Any) -> Html:
  """A value for the page or for an attribute in double quotes; escaped unless it is markup."""
  return value if isinstance(value, Html) else Html(html.escape(str(value), quote=True))


def table(
  head: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: int = 0, look: str = ''
) -> Html:
  """A table.

  Args:
    head: of the columns.
    rows: of cells, as many as columns.
    numbers: so many columns at the end are right-aligned.
    look: a class of the style; by default, a table of more than three columns becomes a card for
      each row where the screen is narrow.
  """
  look = look or ('cards' if len(head) > 3 else 'plain')
  classes = [' class="n"' if place >= len(head) - numbers else '' for place in range(len(head))]
  heads = ''.join(f'<th{class_}>{text(cell)}</th>' for class_, cell in zip(classes, head))
  if look == 'cards':
    classes = [f'{class_} data-label="{text(cell)}"' for class_, cell in zip(classes, head)]
  lines = []
  for row in rows:
    cells = ''.join(_cell(cell, class_) for cell, class_ in zip(row, classes, strict=True))
    lines.append(f'<tr>{cells}</tr>')
  return Html(
    f'<div class="scroll"><table class="{look}"><thead><tr>{heads}</tr></thead>'
    f'<tbody>{"".join(lines)}</tbody></table></div>'
  )


def _cell(value: Any, attributes: str) -> str:
  """One element within, so that its parts stay together in a card; empty cells can be hidden."""
  return f'<td{attributes}>{f"<span>{text(value)}</span>" if value != "" else ""}</td>'


def definitions(items: Iterable[tuple[Any, Any]], look: str = '') -> Html:
  """Terms, and what is said of each."""
  lines = ''.join(f'<div><dt>{text(term)}</dt><dd>{text(what)}</dd></div>' for term, what in items)
  return Html(f'<dl class="{look}">{lines}</dl>' if look else f'<dl>{lines}</dl>')


def details(summary: str, content: str, *, shown: bool = False) -> Html:
  """What opens by a click on its summary; `content` is markup."""
  return Html(
    f'<details{" open" if shown else ""}><summary>{text(summary)}</summary>{content}</details>'
  )


def figure(content: str, caption: str, *, title: str = '', zoomable: bool = False) -> Html:
  """Markup with a caption below; a zoomable picture opens at full size on a page that can zoom."""
  above = f'<h3>{text(title)}</h3>' if title else ''
  content = f'<button>{content}</button>' if zoomable else content
  return Html(f'<figure>{above}{content}<figcaption>{text(caption)}</figcaption></figure>')


def image(uri: str, name: str) -> Html:
  """A picture; `name` is for those who cannot see it."""
  return Html(f'<img alt="{text(name)}" src="{text(uri)}">')


def data_uri(picture: np.ndarray, *, lossless: bool = False) -> str:
  """A picture `[H, W, 3]` uint8 within the page, as PNG or JPEG; large ones are made smaller."""
  image = Image.fromarray(picture)
  image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
  buffer = io.BytesIO()
  if lossless:
    image.save(buffer, 'PNG')
  else:
    image.save(buffer, 'JPEG', quality=86, subsampling=0)
  kind = 'png' if lossless else 'jpeg'
  return f'data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}'
