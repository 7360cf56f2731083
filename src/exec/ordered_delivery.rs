//! A reorder buffer: delivers outputs to a sink one at a time, in the order of their tasks.
//!
//! There is no consumer thread. A worker that delivers an output also consumes every output that is next in order,
//! unless another worker is already consuming.

use super::task_panic::panic_error;
use crate::error::{Error, Result};
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
    /// Whether a task or its consumption has failed. Nothing after it is consumed.
    failed: bool,
}

impl<T, O, K: Sink<T, O>> OrderedDelivery<T, O, K> {
    pub(super) fn new(sink: K) -> Self {
        Self(Mutex::new(State { waiting: BTreeMap::new(), due: 0, sink: Some(sink), failed: false }))
    }

    /// Adds a finished output. Unless another worker is consuming, consumes all outputs that are next in order, and
    /// passes their buffers to `recycle`.
    ///
    /// The first failure in task order is passed to `fail` at once: that of a task, of `check`, which is called before
    /// each consumption, or of the sink. Later outputs are recycled without being consumed.
    pub(super) fn deliver(
        &self,
        number: u64,
        finished: Finished<T, O>,
        check: impl Fn() -> Result<()>,
        fail: impl FnOnce(Error),
        mut recycle: impl FnMut(O),
    ) {
        let mut state = self.lock();
        state.waiting.insert(number, finished);
        let Some(mut sink) = state.sink.take() else { return };
        let mut fail = Some(fail);
        loop {
            let due = state.due;
            let Some((task, mut output)) = state.waiting.remove(&due) else {
                state.sink = Some(sink);
                return;
            };
            state.due += 1;
            let mut failed = state.failed;
            drop(state);
            if !failed {
                let consumed = catch_unwind(AssertUnwindSafe(|| {
                    check()?;
                    sink.consume(task?, &mut output)
                }));
                if let Err(error) = consumed.unwrap_or_else(|panic| Err(panic_error(panic.as_ref()))) {
                    failed = true;
                    if let Some(fail) = fail.take() {
                        fail(error);
                    }
                }
            }
            recycle(output);
            state = self.lock();
            state.failed = failed;
        }
    }

    /// The number of outputs that were due so far.
    pub(super) fn delivered(&self) -> u64 {
        self.lock().due
    }

    /// Calls `look` with the sink, unless a worker is consuming.
    pub(super) fn look_at_sink<R>(&self, look: impl FnOnce(&K) -> R) -> Option<R> {
        self.lock().sink.as_ref().map(look)
    }

    /// Takes the sink; nothing can be delivered after that. `None` while a worker is consuming.
    pub(super) fn take_sink(&self) -> Option<K> {
        self.lock().sink.take()
    }

    fn lock(&self) -> MutexGuard<'_, State<T, O, K>> {
        // No code under this lock panics, so it is never poisoned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
