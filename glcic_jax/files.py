"""Whole files or none: how the project writes to disks and buckets.

Paths are `etils.epath` paths, so `gs://` works wherever a folder is asked for.
"""

import errno
import os
import uuid

from etils import epath

# The machine's fault, not the user's: such an error ends a run with exit code 3.
MACHINE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})


def write(path: epath.PathLike, data: bytes) -> None:
  """Writes a file so that no reader ever sees half of it.

  On a disk: a temporary name in the same folder, then a rename. Buckets replace
  whole objects by themselves.

  Raises:
    OSError: as the file system raised it; the temporary file is removed.
  """
  path = epath.Path(path)
  if '://' in os.fspath(path):
    path.write_bytes(data)
    return
  temporary = path.parent / f'.{uuid.uuid4().hex[:12]}.part'
  try:
    temporary.write_bytes(data)
    os.replace(temporary, path)
  except OSError:
    temporary.unlink(missing_ok=True)
    raise
