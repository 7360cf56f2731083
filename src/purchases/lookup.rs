//! Read access to the build side, shared by all workers.

use super::row_suffix::RowSuffixes;
use crate::customers::arena::CustomerArena;
use crate::customers::build_side::BuildSide;
use crate::customers::map::MapView;
use ahash::RandomState;

/// What a lookup needs, and what a row needs of the customer it finds.
#[derive(Debug)]
pub(crate) struct Lookup<'c> {
    pub(crate) map: MapView<'c>,
    pub(crate) arena: &'c CustomerArena,
    pub(crate) suffixes: &'c RowSuffixes,
    pub(crate) hasher: RandomState,
}

impl<'c> Lookup<'c> {
    /// Lookups into `customers`. The exclusive borrow guarantees that nothing is added meanwhile.
    pub(crate) fn new(customers: &'c mut BuildSide, suffixes: &'c RowSuffixes) -> Self {
        let hasher = customers.hasher().clone();
        let (map, arena) = customers.view();
        Self { map, arena, suffixes, hasher }
    }
}
