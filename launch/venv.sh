# Sourced by the other scripts: makes a virtual environment and installs the project with some extras.
#
#     . launch/venv.sh train,test      # then "$venv/bin/python" is ready
#
# .venv is made by python3; PYTHON=python3.12 makes .venv-3.12 instead, and EXTRAS, where it is set,
# .venv-bare, whose extras are its own. An existing one is updated.

python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "$python is not a Python of 3.11 or later with its venv module; set PYTHON to one that is." >&2
  exit 2
fi
venv=.venv
if [ -n "${PYTHON:-}" ]; then
  venv=.venv-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
fi
[ -z "${EXTRAS:-}" ] || venv=.venv-bare${venv#.venv}
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  rm -rf "$venv"  # half-made, or moved from elsewhere
  "$python" -m venv "$venv"
fi
case $1 in
  *train-tf*) what='JAX, TensorFlow and others, about 3 GB' ;;
  *) what='JAX and others, about 1 GB' ;;
esac
echo "Installing .[$1] into $venv: $what, which takes some minutes the first time." >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".[$1]"
