//! Read access to the build side, shared by all workers.

use super::row_suffix::RowSuffixes;
use crate::customers::arena::CustomerArena;
use crate::customers::build_side::BuildSide;
use crate::customers::map::MapView;
use crate::customers::placeholders::Placeholders;
use ahash::RandomState;

/// The parts of the build side that a worker reads to look up a purchase and to write its row.
#[derive(Debug)]
pub struct Lookup<'c> {
    pub map: MapView<'c>,
    pub(crate) arena: &'c CustomerArena,
    pub(crate) suffixes: &'c RowSuffixes,
    pub(crate) hasher: RandomState,
    /// The customers whose keys usually mean a missing value.
    pub(crate) placeholders: Placeholders,
}

impl<'c> Lookup<'c> {
    /// Read access to `customers`. The exclusive borrow ensures that no customer is added while it exists.
    pub fn new(customers: &'c mut BuildSide, suffixes: &'c RowSuffixes) -> Self {
        let hasher = customers.hasher().clone();
        let (map, arena) = customers.view();
        let placeholders = Placeholders::find(&map, arena, &hasher);
        Self { map, arena, suffixes, hasher, placeholders }
    }
}
