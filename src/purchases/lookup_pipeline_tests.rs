//! Long keys with equal hashes, which random tests do not reach.

use super::*;
use crate::customers::arena::Origin;
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::model::age_group::AgeGroups;
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::mode::Mode;
use crate::model::sides::Sides;
use crate::purchases::lookup::Lookup;
use crate::purchases::lookup_ring::KeyRef;
use crate::purchases::row_suffix::RowSuffixes;
use proptest::prelude::*;

const COLLIDING: Key = Key { hash: 7 << 60, word: 7 << 60, tag: LONG };
const VALUES: [&str; 4] = ["first long key", "second long key", "third long key", "no such customer"];

/// Three customers with colliding keys, in the groups 0, 1 and 2.
fn customers(groups: &AgeGroups) -> BuildSide {
    let dialect = Dialect::default();
    let mut customers = BuildSide::new(dialect, groups.names().len(), 0, 1, Mode::TotalsOnly).expect("memory");
    let columns = CustomerColumns { count: 4, key: 0, first_name: 1, last_name: 2, age: 3 };
    let hasher = customers.hasher().clone();
    let parser = CustomerParser::new(Sides::both(dialect), columns, groups, hasher, 1000, Mode::TotalsOnly);
    let text: String = VALUES.iter().zip([20, 40, 60]).map(|(key, age)| format!("{key},A,B,{age}\n")).collect();
    let mut batch = CustomerBatch::default();
    parser.parse(text.as_bytes(), None, &mut ParseScratch::default(), &mut batch);
    for customer in &mut batch.customers {
        customer.key = COLLIDING;
    }
    customers
        .add(&mut batch, Origin { file: 0, line: 2 }, &Forecast::default(), &BuildSide::block_pool(1))
        .expect("memory");
    assert!(batch.rejects.is_empty() && customers.counts.accepted == 3);
    customers
}

proptest! {
    #[test]
    fn long_keys_with_equal_hashes_are_distinguished(which in prop::collection::vec(0..VALUES.len(), 0..200)) {
        let groups = AgeGroups::default();
        let (mut customers, suffixes) = (customers(&groups), RowSuffixes::new(Dialect::default(), &groups));
        let policy = UnmatchedPolicy { keep_unmatched: true, unknown: usize::from(groups.unknown()), unmatched_suffix: vec![] };
        let chunk = VALUES.concat();
        let lookup = Lookup::new(&mut customers, &suffixes);
        let pipeline = LookupPipeline::<false> {
            lookup: &lookup,
            policy: &policy,
            chunk: chunk.as_bytes(),
            unescaped: &[],
            rewritten: &[],
        };
        let (mut ring, mut out) = (LookupRing::default(), ChunkOutput::new(groups.names().len(), 0));
        for &number in &which {
            let start = VALUES[..number].concat().len() as u32;
            let value = KeyRef::in_chunk(start, VALUES[number].len() as u32);
            ring.push(PendingPurchase { units: 1, key: COLLIDING, value, ..PendingPurchase::default() });
            pipeline.advance(&mut ring, &mut out);
        }
        pipeline.drain(&mut ring, &mut out);
        let times = |number| which.iter().filter(|&&other| other == number).count() as u64;
        for (number, group) in [(0, 0), (1, 1), (2, 2), (3, usize::from(groups.unknown()))] {
            prop_assert_eq!(out.totals.groups[group].purchases, times(number));
        }
        prop_assert_eq!((out.counts.matched, out.counts.unmatched), (which.len() as u64 - times(3), times(3)));
        let matched = (0..3).filter(|&number| times(number) > 0).count() as u64;
        prop_assert_eq!(customers.matched_and_unmatched(), [matched, 3 - matched]);
    }
}
