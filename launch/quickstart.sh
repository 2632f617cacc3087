#!/usr/bin/env bash
# From a fresh clone to a trained model and completed pictures, on any machine with Python 3.11 or later.
#
#     launch/quickstart.sh
#
# Installs into .venv, trains configs/quickstart.py in runs/quickstart (a second call finds it trained),
# and scores it on the held-back pictures.
set -euo pipefail
cd "$(dirname "$0")/.."
. launch/venv.sh train

run=runs/quickstart
"$venv/bin/glcic-jax" train --config configs/quickstart.py --workdir "$run"

echo
"$venv/bin/python" benchmarks/held_out.py --config configs/quickstart.py --model "$run/model" \
  --sheet "$run/before_after.png" --pictures "$run/try"

echo
"$venv/bin/glcic-jax" complete "$run/try/picture.png" --mask "$run/try/picture_mask.png" \
  --model "$run/model" --output "$run/try/completed.png"
