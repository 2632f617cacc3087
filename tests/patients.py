"""What the doctor's trial may meet in its process; light, since that process imports it."""

import os
import signal
import time


def crashes(connection):
  """A driver that takes the process down while it is asked for its devices."""
  connection.send(('model', {'error': None, 'name': 'demo'}))
  connection.send(('devices', None))
  os.kill(os.getpid(), signal.SIGSEGV)


def leaves(connection):
  """A library that ends the process by itself."""
  os._exit(7)


def hangs(connection):
  """A device that another process holds."""
  connection.send(('devices', None))
  time.sleep(60)
