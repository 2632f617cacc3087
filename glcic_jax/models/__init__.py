"""The networks: Flax modules, their layers, how far they see; `methods/` says which is whose."""
