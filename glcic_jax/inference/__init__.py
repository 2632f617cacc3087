"""Completing pictures with a trained model: no TensorFlow, no Orbax.

`completer.py` is the way in. In turn: `pairs.py` takes what people give, `manner.py` their options,
`hole_scale.py` and `tiling.py` cut windows around the holes, `network.py` paints them
(`programs.py` keeps it compiled), `canvas.py` sets them into the picture by `blending.py`, where
`plainness.py` believes them; the room `detail/` adds texture, `transparency.py` minds alpha.

`many_files.py` does so for `glcic-jax complete`, `in_memory.py` and `showing.py` for the server;
`baselines.py` does without a network. `export.py` and `export_onnx.py` write the network for
programs without this package, and `run_exported.py` beside it.
"""
