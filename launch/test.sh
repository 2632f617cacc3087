#!/usr/bin/env bash
# Installs what the tests need and runs them all, two at a time; arguments go to pytest.
#
#     launch/test.sh
#     launch/test.sh tests/test_masks.py -n 0      # some of them, one at a time
#     PYTHON=python3.12 launch/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. launch/venv.sh train,test

"$venv/bin/python" -m pytest -n 2 "$@"
