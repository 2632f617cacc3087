"""The brush page and its HTTP API: Starlette and uvicorn (`pip install 'glcic_jax[web]'`).

A request's way: `server.py` listens, `guard.py` lets it in, `app.py` knows its path, `bodies.py`
and `options.py` read it (`iopaint.py` that of IOPaint's clients), `uploads.py` looks at its
pictures, `answers.py` has it done by `worker.py`, which hands it to `process.py`: that alone knows
JAX, and does some work before the first picture (`warming.py`). `refusals.py` and `limits.py` are
what ends it earlier; `openapi.py` describes it all. `static/` is the page.
"""
