#!/usr/bin/env bash
# Installs what the tests need and runs them all; arguments go to pytest.
#
#     launch/test.sh
#     PYTHON=python3.12 launch/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. launch/venv.sh train,test

"$venv/bin/python" -m pytest "$@"
