#!/usr/bin/env bash
# Installs what the tests need, checks style and types, and runs all tests, two at a time. With
# arguments only the tests run, and the arguments go to pytest.
#
#     launch/test.sh
#     launch/test.sh tests/test_masks.py -n 0      # some of them, one at a time
#     PYTHON=python3.12 launch/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. launch/venv.sh train-tf,test

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
  echo 'There is no chromium (apt-get install chromium): the tests of the page are skipped.' >&2
fi
if [ $# -eq 0 ]; then
  "$venv/bin/python" -m ruff check .
  "$venv/bin/python" -m ruff format --check .
  "$venv/bin/python" -m mypy
fi
"$venv/bin/python" -m pytest -n 2 "$@"
