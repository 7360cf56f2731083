//! Long keys with one and the same hash, which no random test meets.

use super::*;
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::model::age_group::AgeGroups;
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::purchases::lookup::Lookup;
use crate::purchases::lookup_ring::KeyRef;
use crate::purchases::row_suffix::RowSuffixes;
use proptest::prelude::*;

const SAME: Key = Key { hash: 7 << 60, word: 7 << 60, tag: LONG };
const VALUES: [&str; 4] = ["first long key", "second long key", "third long key", "a stranger's"];

/// Three customers, in the groups 0, 1 and 2.
fn customers(groups: &AgeGroups) -> BuildSide {
    let dialect = Dialect::default();
    let mut customers = BuildSide::new(dialect, groups.names().len(), 0, 1, false).expect("memory");
    let columns = CustomerColumns { count: 4, key: 0, first_name: 1, last_name: 2, age: 3 };
    let mut loader = CustomerParser::new(dialect, columns, groups, customers.hasher().clone(), 1000);
    loader.tails = false;
    let text: String = VALUES.iter().zip([20, 40, 60]).map(|(key, age)| format!("{key},A,B,{age}\n")).collect();
    let mut loaded = CustomerBatch::default();
    loader.parse(text.as_bytes(), &mut ParseScratch::default(), &mut loaded);
    for customer in &mut loaded.customers {
        customer.key = SAME;
    }
    customers.add(&mut loaded, 2, &Forecast::default(), &BuildSide::block_pool(1)).expect("memory");
    assert!(loaded.rejects.is_empty() && customers.counts.accepted == 3);
    customers
}

proptest! {
    #[test]
    fn long_keys_of_one_hash_are_told_apart_by_their_bytes(which in prop::collection::vec(0..VALUES.len(), 0..200)) {
        let groups = AgeGroups::default();
        let (mut customers, tails) = (customers(&groups), RowSuffixes::new(Dialect::default(), &groups));
        let policy = UnmatchedPolicy { keep_unmatched: true, unknown: usize::from(groups.unknown()), unmatched_suffix: vec![] };
        let chunk = VALUES.concat();
        let steps =
            LookupPipeline { lookup: &Lookup::new(&mut customers, &tails), policy: &policy, chunk: chunk.as_bytes(), unescaped: &[] };
        let (mut rows, mut out) = (LookupRing::default(), ChunkOutput::new(groups.names().len(), 0));
        for &number in &which {
            let start = VALUES[..number].concat().len() as u32;
            let value = KeyRef::in_chunk(start, VALUES[number].len() as u32);
            rows.push(PendingPurchase { units: 1, key: SAME, value, ..PendingPurchase::default() });
            steps.advance(&mut rows, &mut out);
        }
        steps.drain(&mut rows, &mut out);
        let times = |number| which.iter().filter(|&&other| other == number).count() as u64;
        for (number, group) in [(0, 0), (1, 1), (2, 2), (3, usize::from(groups.unknown()))] {
            prop_assert_eq!(out.totals.groups[group].purchases, times(number));
        }
        prop_assert_eq!((out.counts.matched, out.counts.unmatched), (which.len() as u64 - times(3), times(3)));
        let named = (0..3).filter(|&number| times(number) > 0).count() as u64;
        prop_assert_eq!(customers.named_and_left(), [named, 3 - named]);
    }
}
