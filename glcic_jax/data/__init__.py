"""Data: sources of pictures, and batches of them, loaded by tf.data or Grain."""
