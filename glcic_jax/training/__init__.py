"""Training: a `Method`, a pure step for each phase, and the one loop that drives them."""
