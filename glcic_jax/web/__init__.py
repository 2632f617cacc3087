"""The brush page and its HTTP API: Starlette and uvicorn (`pip install 'glcic_jax[web]'`)."""
