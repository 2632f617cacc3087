"""The one training loop, for every method and phase.

    train_and_evaluate(config, workdir)

trains from the newest checkpoint in `workdir`, or from nothing, to the end of the
schedule. Read `train_and_evaluate` first; its order is deliberate. What the steps do is in
`step.py`, what the phases are in `glcic_jax/schedule.py`.
"""

from collections.abc import Iterator, Sequence
import functools
import signal
from typing import Any

from etils import epath
import jax
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import checkpoints as checkpoints_lib
from glcic_jax import compilation
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import files
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.config import audit
from glcic_jax.holes import kinds
from glcic_jax.model_directory import model_files
from glcic_jax.training import due as due_lib
from glcic_jax.training import evaluation as evaluation_lib
from glcic_jax.training import feed as feed_lib
from glcic_jax.training import fine_tuning
from glcic_jax.training import journal as journal_lib
from glcic_jax.training import last_good
from glcic_jax.training import memory
from glcic_jax.training import method as method_lib
from glcic_jax.training import origin
from glcic_jax.training import pace as pace_lib
from glcic_jax.training import run_lock
from glcic_jax.training import same_run
from glcic_jax.training import shortage
from glcic_jax.training import signals
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib
from glcic_jax.training import writers as writers_lib


def train_and_evaluate(
  config: Any,
  workdir: epath.PathLike,
  *,
  batches: feed_lib.Batches | None = None,
  writers: Sequence[writers_lib.MetricWriter] = (),
) -> state_lib.TrainState:
  """Trains, or continues, the run of a workdir.

  Args:
    config: every key of `glcic_jax.config.default`.
    workdir: for checkpoints, metrics.csv, TensorBoard events, samples and the model; may be
      `gs://`.
    batches: takes the pipeline's place: an iterable of NumPy `Batch`es, or a function from the
      first step to one. With several processes, each brings its own rows.
    writers: get every number and sample strip too, on the main process alone; any of
      `clu.metric_writers`, or your own (`training/writers.py` has one for wandb). One that raises
      is told on stderr and left out.

  Returns:
    the state at the end of the schedule.

  Raises:
    errors.InputError: if the config, the data, the workdir's earlier run or a writer does not fit,
      or another run is in the workdir now.
    errors.RunError: if a loss is not finite, or too many pictures are broken.
    errors.Stopped: after SIGTERM or Ctrl-C; everything is saved.
  """
  config_lib.check(config)
  writers_lib.check(writers)
  same_run.check_place(workdir, config)
  workdir = epath.Path(workdir)
  plan = schedule.from_config(config.schedule)
  due = due_lib.Due(config, plan)
  if config.keep_programs:
    compilation.keep_programs()
  mesh = parallel.make_mesh()
  memory.check_batch(config)
  feed = feed_lib.open_feed(config, mesh, batches)
  mean_color = _mean_color(config, workdir, feed)
  method = method_lib.from_config(config, mean_color)
  licence = fine_tuning.licence(config, workdir)

  def facts(step: int) -> dict[str, Any]:
    model = method_lib.describe(method, config, mean_color, step, licence).to_json()
    return same_run.describe(config, mean_color=mean_color, digest=feed.digest, model=model)

  parallel.tell(audit.format_audit(config))
  if feed.counts[0]:
    parallel.tell(f'{feed.counted}; {mesh.size} device(s) ({mesh.devices.flat[0].device_kind}).')
    if parallel.is_main_process() and (masks := kinds.counted(config.mask)):
      print(masks, flush=True)
  with (
    signals.noted(active=not jax.distributed.is_initialized()) as stop,
    files.made_if_filled(workdir / checkpoints_lib.FOLDER),
    run_lock.held(workdir),
    checkpoints_lib.Checkpoints(workdir, keep=config.checkpoint.keep) as checkpoints,
    shortage.Guard(config, mesh, checkpoints.newest_whole).told() as fits,
  ):
    state = _create_or_restore(method, config, mesh, checkpoints, mean_color)
    first = int(state.step)
    steps, compiled = step_lib.compile_steps(method, mesh), {}
    evaluation = evaluation_lib.Evaluation(method, mesh)
    source = feed.train(first)
    open_journal = functools.partial(journal_lib.Journal, workdir, config, due=due, writers=writers)
    with open_journal(
      facts(first), first=first, newest=checkpoints.newest_whole, held_back=feed.counts[1]
    ) as journal:
      for step in range(first, plan.total_steps + 1):
        # 1. Stop, where asked to: nothing is worth more time than saving. Several processes agree
        # on the step.
        if jax.distributed.is_initialized() and checkpoints.stop_was_announced(step):
          stop.received = signal.SIGTERM
        if stop.received is not None:
          journal.row(step)
          with journal.beside(journal_lib.SAVING, step):
            checkpoints.save(step, state, facts(step))
            checkpoints.wait()
          raise errors.Stopped(stop.received, step)
        # 2. Evaluate before saving: a checkpoint's scores are then always there.
        if due.evaluation(step) and not journal.table.evaluated(step):
          variables, count = state.generator.best_variables, config.validation.samples
          with journal.beside(journal_lib.SCORING, step):
            values = evaluation.scores(variables, feed.validation())
            if plan.phase_at(step - 1) is not schedule.Phase.RECONSTRUCTION:
              values |= evaluation.judgements(state, feed.validation())
            samples = evaluation.samples(variables, feed.samples(count), count)
          with journal.beside('writing samples', step):  # its line tells the time left after it
            journal.evaluated(step, values, samples)
        # 3. Save: the state, with the step in it, is the whole position of the run.
        if due.checkpoint(step):
          with journal.beside(journal_lib.SAVING, step):
            checkpoints.save(step, state, facts(step))
        if step == plan.total_steps:
          break
        # 4. Fetch and step: both return at once, the devices work behind. Nothing but the batch
        # may travel between host and devices here, or they would wait for each other.
        batch = _next(source, step, plan)
        rows = parallel.to_global(batch, mesh)
        phase = plan.phase_at(step)
        if phase not in compiled:  # by itself: a step's time is never that of compiling
          with journal.beside(pace_lib.compiling(phase), step):
            compiled[phase] = steps[phase].lower(state, rows).compile()
          fits.compiled(phase, compiled[phase], state)
        with jax.transfer_guard('disallow'):
          state, metrics = compiled[phase](state, rows)
        journal.took(step + 1, metrics)
        # 5. Write, and see that every loss is finite before anything is saved.
        if due.row(step + 1):
          journal.row(step + 1)
          checkpoints.check()
      scores = journal.table.last_scores()
  if parallel.is_main_process():
    step = int(state.step)
    description = method_lib.describe(method, config, mean_color, step, licence)
    whence = origin.of_run(config, counts=feed.counts, step=step, scores=scores, licence=licence)
    variables = jax.tree.map(np.asarray, state.generator.best_variables)
    with last_good.told(workdir):
      model_files.write(workdir / 'model', variables, description, whence)
  return state


def _next(source: Iterator[batch_lib.Batch], step: int, plan: schedule.Schedule) -> batch_lib.Batch:
  batch = next(source, None)
  if batch is None:
    raise errors.InputError(
      f'The batches given ended at step {step} of {plan.total_steps}; give one for each step, or a '
      'lower schedule.total_steps.'
    )
  return batch


def _mean_color(
  config: Any, workdir: epath.Path, feed: feed_lib.Feed
) -> tuple[float, float, float]:
  """The run's mean colour: as it began, as given, or computed; refuses a workdir of another run."""
  earlier = checkpoints_lib.read_run(workdir)
  if earlier is not None:
    step, stored = earlier
    for line in same_run.check_same(stored, config, step=step, workdir=str(workdir)):
      print(f'changed since the run began: {line}')
    same_run.check_listing(stored, feed.digest, allow=config.data.allow_changed_listing)
    return tuple(stored['mean_color'])
  return tuple(config.data.mean_color) or feed.mean_color()


def _create_or_restore(
  method: method_lib.Method,
  config: Any,
  mesh: jax.sharding.Mesh,
  checkpoints: checkpoints_lib.Checkpoints,
  mean_color: tuple[float, float, float],
) -> state_lib.TrainState:
  if checkpoints.latest_step is not None:
    state, stored = checkpoints.restore(state_lib.abstract_state(method, config.image_size, mesh))
    same_run.check_began(stored, config, mean_color)  # before the lock, another run may have been
    parallel.tell(f'Continuing from step {int(state.step):,}.')
  else:
    state = state_lib.create_state(method, config.image_size, config.seed, mesh)
    if config.init_from:
      state = fine_tuning.load_networks(state, config, mesh)
      parallel.tell(f'Starting from {config.init_from} ({config.init_networks}).')
  return state
