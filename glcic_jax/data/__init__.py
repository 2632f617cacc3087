"""Data: sources of pictures, and batches of them, loaded by tf.data or Grain.

`sources.py` lists pictures and holds some back (`folders.py`, `prepared.py` for TFDS,
`sample_photographs.py`); `order.py` and `permutation.py` say which one sample n shows; `samples.py`
makes it, a function of (seed, n), by `reading.py` and `resampling.py`. When and where that runs is
a loader's: `loaders.py` chooses `tf_data.py` or `grain_loader.py`. `pipeline.py` makes batches.
"""
