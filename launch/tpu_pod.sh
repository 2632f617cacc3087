#!/usr/bin/env bash
# A run on a Cloud TPU pod, by gcloud.
#
#     launch/tpu_pod.sh [--dry-run] create            makes the pod; nothing, where it exists
#     launch/tpu_pod.sh [--dry-run] run ARGUMENTS     installs this folder on all hosts, and trains there; the
#                                                     same command continues after a preemption
#     launch/tpu_pod.sh [--dry-run] status | logs | delete
#
# ARGUMENTS are those of glcic-jax train: --config configs/X.py --workdir gs://BUCKET/RUN [--config.KEY=VALUE ...]
# By environment: TPU_NAME, TPU_ZONE, TPU_TYPE (v5litepod-16), TPU_VERSION (v2-alpha-tpuv5-lite), TPU_SPOT=1 for
# cheap machines that may be taken back. --dry-run prints the commands and runs none.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '4,8p' "$0" | sed 's/^# \{0,4\}//' >&2; exit 2; }
show() { printf '%q ' "$@"; echo; }
dry=
if [ "${1:-}" = --dry-run ]; then dry=1; shift; fi
[ $# -ge 1 ] || usage
command=$1
shift
name=${TPU_NAME:-glcic-jax}
zone=${TPU_ZONE:-us-central1-a}

gcloud_do() {
  if [ -n "$dry" ]; then show gcloud "$@"; else gcloud "$@"; fi
}
on_all_hosts() {
  gcloud_do compute tpus tpu-vm ssh "$name" --zone "$zone" --worker=all --command "$1"
}
exists() { [ -z "$dry" ] && gcloud compute tpus tpu-vm describe "$name" --zone "$zone" >/dev/null 2>&1; }

case $command in
  create)
    if exists; then
      echo "$name exists in $zone."
      exit 0
    fi
    gcloud_do compute tpus tpu-vm create "$name" --zone "$zone" \
      --accelerator-type "${TPU_TYPE:-v5litepod-16}" --version "${TPU_VERSION:-v2-alpha-tpuv5-lite}" \
      ${TPU_SPOT:+--spot}
    ;;
  run)
    [ $# -ge 1 ] || usage
    packed=${TMPDIR:-/tmp}/glcic_jax.tar.gz
    pack=(tar czf "$packed" --exclude .git --exclude '.venv*' --exclude runs .)
    if [ -n "$dry" ]; then show "${pack[@]}"; else "${pack[@]}"; fi
    gcloud_do compute tpus tpu-vm scp "$packed" "$name:glcic_jax.tar.gz" --zone "$zone" --worker=all
    # The Python is found first: without one nothing is made.
    # shellcheck disable=SC2016
    on_all_hosts 'python=$(tar xzOf glcic_jax.tar.gz ./launch/find_python.sh | bash) &&
rm -rf glcic_jax && mkdir glcic_jax && tar xzf glcic_jax.tar.gz -C glcic_jax &&
cd glcic_jax && "$python" -m venv .venv && .venv/bin/pip install -q ".[train-tf,tpu]"'
    # SIGTERM, which a preemption sends, reaches the program: exec leaves no shell between.
    on_all_hosts "cd glcic_jax && exec .venv/bin/glcic-jax train --processes on $(printf '%q ' "$@")\
> >(tee -a ../train.log) 2>&1"
    ;;
  status) gcloud_do compute tpus tpu-vm describe "$name" --zone "$zone" --format 'value(state,health)' ;;
  logs) gcloud_do compute tpus tpu-vm ssh "$name" --zone "$zone" --worker=0 --command 'tail -n 100 train.log' ;;
  delete)
    if [ -z "$dry" ] && ! exists; then
      echo "There is no $name in $zone."
      exit 0
    fi
    gcloud_do compute tpus tpu-vm delete "$name" --zone "$zone" --quiet
    ;;
  *) usage ;;
esac
