"""Data: sources of pictures, and the tf.data pipeline that makes batches of them."""
