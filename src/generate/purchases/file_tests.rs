//! The fast path against the general path.

use super::*;
use crate::generate::options::{Habits, Keys, Pricing, Volume};
use crate::generate::share::Share;
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_fast_path_agrees_with_the_general_path(
        seed: u64,
        customers in prop_oneof![1u64..3, 1u64..2000, 1u64..60_000_000],
        median in prop_oneof![Just(2000), 1u64..10_000_000],
        (start, count) in (0u64..1 << 40, 0u64..300),
        shares: [bool; 7],
        (zipf, by_age, by_product) in any::<(bool, bool, bool)>(),
        (crlf, flat) in any::<(bool, bool)>(),
        extra_columns in prop_oneof![9 => Just(0), 1 => Just(2)],
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
        options.habits = if by_age { Habits::ByAge } else { Habits::Alike };
        options.pricing = if by_product { Pricing::ByProduct } else { Pricing::Alike };
        (options.crlf, options.price_sigma, options.price_median) = (crlf, if flat { 0 } else { 3000 }, median);
        options.extra_columns = extra_columns;
        if nobody {
            // All purchases are orphans, with or without customers.
            let all = Share::billionths(1_000_000_000);
            (options.orphans, options.without_purchases) = (all, all);
            options.customers = if flat { 0 } else { customers };
        }
        let file = PurchasesFile::new(&options);
        let made = |write: &dyn Fn(&BuyerSet, &mut RecordBuffer, &mut Tally)| {
            let buyers = BuyerSet::new(customers).expect("memory");
            let (mut buffer, mut tally) = (RecordBuffer::default(), Tally::default());
            write(&buyers, &mut buffer, &mut tally);
            (buffer.as_bytes().to_vec(), tally, buyers.len())
        };
        let numbers = start..start + count;
        let fast = made(&|buyers, buffer, tally| file.write(numbers.clone(), buyers, buffer, tally));
        let general = made(&|buyers, buffer, tally| {
            tally.purchases = count;
            for number in numbers.clone() {
                let (purchase, special, mut draws) = file.purchase(number);
                let traits = file.traits.traits(special, &mut draws);
                file.write_fields(&purchase, &traits, &mut draws, buyers, buffer, tally);
            }
        });
        prop_assert!(fast.0 == general.0);
        prop_assert_eq!((&fast.1, fast.2), (&general.1, general.2));
    }
}
