#!/usr/bin/env bash
# Prints where a Python of 3.11 or later is, with its venv module. Where there is none (the usual TPU images have
# 3.10), uv fetches one; where uv cannot, it says so and ends with 2. It makes nothing else.
set -euo pipefail

for name in python3.13 python3.12 python3.11 python3; do
  if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$name"
    exit 0
  fi
done
uv=$(command -v uv || echo "$HOME/.local/bin/uv")
[ -x "$uv" ] || python3 -m pip install --quiet --user uv >&2 || true
if "$uv" python install --quiet 3.12 >&2 && "$uv" python find 3.12; then exit 0; fi
echo "There is no Python of 3.11 or later on $(hostname), and uv could not fetch one; install python3.11, or choose an \
image (TPU_VERSION) that has it." >&2
exit 2
