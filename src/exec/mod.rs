//! Execution: the worker pool with ordered delivery, its buffer pool, CPU dispatch, prefetching and checksums.

pub(crate) mod buffer_pool;
pub(crate) mod cpu;
pub(crate) mod fingerprint;
pub(crate) mod ordered_delivery;
pub(crate) mod prefetch;
mod sha256;
mod task_panic;
pub(crate) mod worker_pool;
