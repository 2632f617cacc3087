#!/usr/bin/env bash
# From a fresh clone to a completed photograph, and then to a model of one's own, on any machine with Python 3.11 or
# later.
#
#     launch/quickstart.sh
#
# Installs into .venv what completing needs, and takes four galaxies out of a photograph by the Hubble telescope, with
# the model in the package.
# Then installs what training needs, trains configs/quickstart.py in runs/quickstart (a second call finds it trained),
# scores it beside the mean colour and Telea on the two photographs that it held back, and completes one of them.
set -euo pipefail
cd "$(dirname "$0")/.."
. launch/venv.sh evaluate  # scikit-image, for its photographs

photographs=$("$venv/bin/python" -c 'import importlib.resources as r; print(r.files("skimage.data"))')
mkdir -p runs/demo
rm -f runs/demo/before_after.png  # of an earlier call: a sheet is written over no file
"$venv/bin/glcic-jax" complete "$photographs/hubble_deep_field.jpg" --mask launch/hubble_mask.png \
  --output runs/demo/hubble_deep_field.jpg --compare runs/demo/before_after.png
echo "Before and after, by the model in the package: runs/demo/before_after.png."

echo
echo "Now a miniature of the whole training, some minutes long:"
. launch/venv.sh train
run=runs/quickstart
"$venv/bin/glcic-jax" train --config configs/quickstart.py --workdir "$run"

# Each photograph stands for 32 pictures, each of which gets a hole of its own.
mkdir -p "$run/held_back"
for name in chelsea coffee; do
  for number in {01..32}; do
    ln -sf "$photographs/$name.png" "$run/held_back/${name}_$number.png"
  done
done
echo
"$venv/bin/glcic-jax" evaluate --model mean telea "$run/model" --images "$run/held_back" \
  --masks rectangle --size 64 --output "$run/evaluation"

echo
mkdir -p "$run/try"
rm -f "$run/before_after.png"
cp launch/chelsea_mask.png "$run/try/"
"$venv/bin/glcic-jax" complete "$photographs/chelsea.png" --mask "$run/try/chelsea_mask.png" \
  --model "$run/model" --output "$run/try/chelsea.png" --compare "$run/before_after.png"
echo "Scores with pictures: $run/evaluation/report.html. Before and after: $run/before_after.png: a network that has seen"
echo "ten photographs for some minutes knows colours and no more; runs/demo/before_after.png is what a trained one does."
