"""Both gradients' norms at the generator's raw output, kept alike where a run asks for it."""

import jax
import jax.numpy as jnp
import optax

from glcic_jax.training import method as method_lib


def balanced(
  to_reconstruct: jax.Array, to_deceive: jax.Array, step: jax.Array, method: method_lib.Method
) -> tuple[jax.Array, dict[str, jax.Array]]:
  """The reconstruction's gradient, scaled until step `balance_until`, and what was measured.

  GLCIC section 3.4: the norm of the MSE gradient is kept "roughly the same order of magnitude" as
  the discriminator's at first: here within `balance_factor`. With a factor of 1 over the whole
  joint phase both always weigh the same, whatever the discriminator does, which is what VQGAN's
  adaptive weight does to the adversarial one (Esser et al. 2021, section 3.1).

  Returns:
    the gradient, and the metrics: both norms before scaling, their ratio before scaling, and the
    factor by which the reconstruction's was scaled, 1 where it was left alone.
  """
  reconstruct, deceive = optax.tree.norm(to_reconstruct), optax.tree.norm(to_deceive)
  tiny = jnp.finfo(reconstruct.dtype).tiny
  wanted = jnp.clip(reconstruct, deceive / method.balance_factor, deceive * method.balance_factor)
  controlled = (step < method.balance_until) & (deceive > 0)
  scale = jnp.where(controlled, wanted / jnp.maximum(reconstruct, tiny), 1.0)
  return to_reconstruct * scale, {
    'reconstruction_gradient_norm': reconstruct,
    'adversarial_gradient_norm': deceive,
    'gradient_ratio': deceive / jnp.maximum(reconstruct, tiny),
    'reconstruction_gradient_scale': scale,
  }
