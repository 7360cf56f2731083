//! Delivers outputs to a sink in the order of their tasks, one at a time, from whichever thread has the next one.

use super::task_panic::panic_error;
use crate::error::Result;
use crate::monitor::Monitor;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Consumes the outputs of a stage, in the order of the tasks.
pub(crate) trait Sink<T, O>: Send {
    /// Consumes the output of a task. An error ends the run.
    fn consume(&mut self, task: T, output: &mut O) -> Result<()>;
}

impl<T, O, F: FnMut(T, &mut O) -> Result<()> + Send> Sink<T, O> for F {
    fn consume(&mut self, task: T, output: &mut O) -> Result<()> {
        self(task, output)
    }
}

/// A task that was processed, or the error that took its place, and the output buffer.
pub(super) type Finished<T, O> = (Result<T>, O);

/// The reorder buffer and the sink.
pub(super) struct OrderedDelivery<T, O, K>(Mutex<State<T, O, K>>);

struct State<T, O, K> {
    /// Finished outputs that are not yet due, by their number.
    waiting: BTreeMap<u64, Finished<T, O>>,
    /// The number of the output that is due.
    due: u64,
    /// `None` while a thread is consuming.
    sink: Option<K>,
    /// The first failure in order. Nothing is consumed after it.
    outcome: Result<()>,
}

impl<T, O, K: Sink<T, O>> OrderedDelivery<T, O, K> {
    pub(super) fn new(sink: K) -> Self {
        Self(Mutex::new(State { waiting: BTreeMap::new(), due: 0, sink: Some(sink), outcome: Ok(()) }))
    }

    /// Adds a finished output. Unless another thread is consuming, consumes all outputs that are due and passes each of
    /// their buffers to `recycle`.
    ///
    /// After a failure, `monitor` is stopped and further outputs are only recycled.
    pub(super) fn deliver(&self, number: u64, finished: Finished<T, O>, monitor: &Monitor, mut recycle: impl FnMut(O)) {
        let mut state = self.lock();
        state.waiting.insert(number, finished);
        let Some(mut sink) = state.sink.take() else { return };
        loop {
            let due = state.due;
            let Some((task, mut output)) = state.waiting.remove(&due) else {
                state.sink = Some(sink);
                return;
            };
            state.due += 1;
            let failed = state.outcome.is_err();
            drop(state);
            let mut outcome = Ok(());
            if !failed {
                let consumed = catch_unwind(AssertUnwindSafe(|| {
                    monitor.check()?;
                    sink.consume(task?, &mut output)
                }));
                outcome = consumed.unwrap_or_else(|panic| Err(panic_error(panic.as_ref())));
                if outcome.is_err() {
                    // Ends the production of tasks, and a worker that is waiting for input.
                    monitor.stop();
                }
            }
            recycle(output);
            state = self.lock();
            if !failed {
                state.outcome = outcome;
            }
        }
    }

    /// How many outputs were consumed.
    ///
    /// # Errors
    /// The first failure in order.
    pub(super) fn finish(&self) -> Result<u64> {
        let mut state = self.lock();
        std::mem::replace(&mut state.outcome, Ok(())).map(|()| state.due)
    }

    fn lock(&self) -> MutexGuard<'_, State<T, O, K>> {
        // Nothing that is done under this lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
