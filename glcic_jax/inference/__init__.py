"""Completing pictures with a trained model: no TensorFlow, no Orbax."""
