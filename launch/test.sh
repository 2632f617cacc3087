#!/usr/bin/env bash
# Installs what the tests need, checks style and types, and runs all tests, two at a time. With
# arguments only the tests run, and the arguments go to pytest.
#
#     launch/test.sh
#     launch/test.sh tests/test_masks.py -n 0      # some of them, one at a time
#     PYTHON=python3.12 launch/test.sh
#     EXTRAS=train,evaluate,web,test launch/test.sh   # in .venv-bare, where TensorFlow never was
#     launch/test.sh --help                        # these lines
#
# Python 3.11 (jax 0.10), 3.12 and 3.13 (jax 0.11 or later) must pass. 3.14 is not tested: of TensorFlow there is
# no wheel for it but a release candidate; everything else has one.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --help ]; then
  sed -n '/^# /s/^# //p; /^#$/s/#//p; /^set /q' launch/test.sh
  exit
fi
. launch/venv.sh "${EXTRAS:-train-tf,test}"

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
  echo 'There is no chromium (apt-get install chromium): the tests of the page are skipped.' >&2
fi
if [ $# -eq 0 ]; then
  "$venv/bin/python" -m ruff check .
  "$venv/bin/python" -m ruff format --check .
  "$venv/bin/python" -m mypy
fi
"$venv/bin/python" -m pytest -n 2 "$@"
