//! Batches of purchases, as this machine makes them and as any machine does, against the same ones made one at a time.

use super::*;
use crate::generate::options::{Keys, Volume};
use crate::generate::share::Share;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_batch_is_what_its_purchases_are_one_at_a_time(
        seed: u64,
        customers in prop_oneof![1u64..3, 1u64..2000, 1u64..60_000_000],
        median in prop_oneof![Just(2000), 1u64..10_000_000],
        (start, count) in (0u64..1 << 40, 0u64..300),
        shares: [bool; 7],
        (zipf, crlf, flat) in any::<(bool, bool, bool)>(),
        nobody in prop_oneof![9 => Just(false), 1 => Just(true)],
    ) {
        let share = |on: bool| Share::billionths(if on { 130_000_000 } else { 0 });
        let mut options = GenerateOptions::new(customers, Volume::Purchases(1), seed, "o");
        [
            options.awkward,
            options.quoted,
            options.quoted_newlines,
            options.dirt,
            options.odd,
            options.orphans,
            options.refunds,
        ] = shares.map(share);
        options.keys = if zipf { Keys::Zipf } else { Keys::Uniform };
        (options.crlf, options.price_sigma, options.price_median) = (crlf, if flat { 0 } else { 3000 }, median);
        if nobody {
            // Then all purchases are orphans, with customers or without.
            let all = Share::billionths(1_000_000_000);
            (options.orphans, options.without_purchases) = (all, all);
            options.customers = if flat { 0 } else { customers };
        }
        let file = PurchasesFile::new(&options);
        let made = |write: &dyn Fn(&Buyers, &mut Rows, &mut Tally)| {
            let buyers = Buyers::new(customers, options.buyers()).expect("memory");
            let (mut rows, mut tally) = (Rows::default(), Tally::default());
            write(&buyers, &mut rows, &mut tally);
            (rows.written().to_vec(), tally, buyers.count())
        };
        let numbers = start..start + count;
        let batches = made(&|buyers, rows, tally| file.write_batches(numbers.clone(), buyers, rows, tally));
        let rows = made(&|buyers, rows, tally| file.write_rows::<true>(numbers.clone(), buyers, rows, tally));
        // As every processor can, whatever this one has.
        let whole = count / BATCH as u64 * BATCH as u64;
        let portable = made(&|buyers, rows, tally| {
            file.batches(start..start + whole, buyers, rows, tally).run(crate::exec::cpu::Portable);
            file.write_rows::<true>(start + whole..start + count, buyers, rows, tally);
        });
        prop_assert!(batches.0 == rows.0 && portable.0 == rows.0);
        prop_assert_eq!((&batches.1, batches.2), (&rows.1, rows.2));
        prop_assert_eq!((&portable.1, portable.2), (&rows.1, rows.2));
    }
}
