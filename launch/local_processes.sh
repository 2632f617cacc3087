#!/usr/bin/env bash
# Rehearses a run of several processes on one machine: each has its own simulated CPU devices.
#
#     launch/local_processes.sh N --config configs/X.py --workdir DIR [--config.KEY=VALUE ...]
#
# DEVICES=2 gives each process two devices. SIGTERM and Ctrl-C reach all of them; each saves the same step. The
# exit code is that of the first process which did not end with 0.
set -euo pipefail

if [ $# -lt 1 ] || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: launch/local_processes.sh N --config FILE --workdir DIR [--config.KEY=VALUE ...]" >&2
  exit 2
fi
count=$1
shift
python=${PYTHON:-$(dirname "$0")/../.venv/bin/python}
address=127.0.0.1:$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

pids=()
for ((index = 0; index < count; index++)); do
  JAX_PLATFORMS=cpu JAX_NUM_CPU_DEVICES=${DEVICES:-1} \
    "$python" -m glcic_jax train --processes "$address,$count,$index" "$@" &
  pids+=($!)
done
trap 'kill -TERM "${pids[@]}" 2>/dev/null || true' TERM INT

code=0
for pid in "${pids[@]}"; do
  # A signal ends wait early: the process is then still saving.
  while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done
  wait "$pid" && one=0 || one=$?
  if [ "$code" -eq 0 ]; then code=$one; fi
done
exit "$code"
