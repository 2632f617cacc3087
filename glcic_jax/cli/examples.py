"""An example of every command, shown at the end of its help as it would be typed."""

import textwrap

_EXAMPLES = {
  'train': """
    glcic-jax train --config glcic_faces:laptop --workdir runs/faces \\
      --config.data.folder=FOLDER
    """,
  'complete': """
    glcic-jax complete photo.jpg --mask hole.png
    glcic-jax complete photos/ --mask masks/ --output completed/ --skip-existing
    """,
  'evaluate': """
    glcic-jax evaluate --model demo telea --images FOLDER --size 256 \\
      --output reports/demo
    """,
  'convert': """
    glcic-jax convert completionnet_places2.t7 models/places2
    glcic-jax convert runs/faces/model faces.pth --to pytorch
    """,
  'export': """
    glcic-jax export --model runs/faces --output faces.stablehlo
    """,
  'config': """
    glcic-jax config glcic_faces:laptop
    """,
  'preview': """
    glcic-jax preview --config glcic_faces --config.data.folder=FOLDER \\
      --output sheet.png
    """,
  'estimate': """
    glcic-jax estimate --config glcic_faces:laptop
    glcic-jax estimate --config glcic_places2 --devices 8 --peak-tflops 400 \\
      --price 3
    """,
  'report': """
    glcic-jax report runs/faces
    glcic-jax report runs/faces --estimate estimate.json
    """,
  'serve': """
    glcic-jax serve
    GLCIC_JAX_TOKEN=SECRET glcic-jax serve --host 0.0.0.0 --model runs/faces
    """,
  'receptive-field': """
    glcic-jax receptive-field
    """,
  'doctor': """
    glcic-jax doctor
    """,
  'shell-completion': """
    eval "$(glcic-jax shell-completion bash)"
    """,
}


def of(command: str) -> str:
  """The examples of a command, one below the other; empty for a command that is none."""
  return textwrap.dedent(_EXAMPLES.get(command, '')).strip()
