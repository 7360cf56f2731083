//! Execution: the worker pool with ordered delivery, its buffer pool, and a [`side_queue`] for work that its workers do
//! between their tasks; CPU dispatch and prefetching; and the [`fingerprint`] of a file, whose SHA-256 is computed on a
//! thread of its own (`sha256`).

pub(crate) mod buffer_pool;
pub(crate) mod cpu;
pub(crate) mod fingerprint;
pub(crate) mod ordered_delivery;
pub(crate) mod prefetch;
mod sha256;
pub(crate) mod side_queue;
mod task_panic;
pub(crate) mod worker_pool;
