//! A reorder buffer: delivers outputs to a sink one at a time, in the order of their tasks.
//!
//! There is no consumer thread. A worker that delivers an output also consumes every output that is next in order,
//! unless another worker is already consuming.

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

/// A processed task or its error, and its output buffer.
pub(super) type Finished<T, O> = (Result<T>, O);

/// The reorder buffer and the sink.
pub(super) struct OrderedDelivery<T, O, K>(Mutex<State<T, O, K>>);

struct State<T, O, K> {
    /// Finished outputs that have not been consumed, by task number.
    waiting: BTreeMap<u64, Finished<T, O>>,
    /// The number of the next task in order.
    due: u64,
    /// `None` while a worker consumes.
    sink: Option<K>,
    /// The first failure in task order. Nothing after it is consumed.
    outcome: Result<()>,
}

impl<T, O, K: Sink<T, O>> OrderedDelivery<T, O, K> {
    pub(super) fn new(sink: K) -> Self {
        Self(Mutex::new(State { waiting: BTreeMap::new(), due: 0, sink: Some(sink), outcome: Ok(()) }))
    }

    /// Adds a finished output. Unless another worker is consuming, consumes all outputs that are next in order, and
    /// passes their buffers to `recycle`.
    ///
    /// A failure stops `monitor`; later outputs are recycled without being consumed.
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
                    // Ends the other workers, even a producer that is blocked on input.
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

    /// The number of outputs consumed.
    ///
    /// # Errors
    /// The first failure in task order.
    pub(super) fn finish(&self) -> Result<u64> {
        let mut state = self.lock();
        std::mem::replace(&mut state.outcome, Ok(())).map(|()| state.due)
    }

    fn lock(&self) -> MutexGuard<'_, State<T, O, K>> {
        // No code under this lock panics, so it is never poisoned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
