"""Training: a `Method`, a pure step for each phase, and the one loop that drives them.

`step.py` holds the three phases, and who may change what in each. It works on `state.py`, by
`forward.py` (both networks in training mode), `adversary.py` (the discriminator's side) and what
`method.py` makes of a config, with `optimizers.py`. Off by default: `augmentation.py`,
`average.py`, `balance.py`, `penalty.py`.

`loop.py` drives it: `feed.py` brings batches, `due.py` says when what is done beside them,
`evaluation.py` scores, `journal.py` keeps what is to be looked at (`metrics.py`, `events.py`,
`writers.py`), `progress.py`, `pace.py` and `watch.py` say how it goes, `signals.py` and
`last_good.py` how it ends, `shortage.py` and `memory.py` why it does not fit. Before that,
`same_run.py` and `run_lock.py` guard the workdir; `fine_tuning.py`, `misfit.py` and `origin.py` are
of runs that start from another model.
"""
