//! The customers in memory: the build side of the join.
//!
//! Each accepted customer is one entry, with what its rows need; the map says where each one stands, by key.

use super::arena::CustomerArena;
use super::batch::{AgeStatus, CustomerBatch, NewCustomer};
use super::forecast::Forecast;
use super::map::{CustomerMap, MapView};
use super::memory::BlockPool;
use super::slot::{Address, Slot};
use crate::error::Result;
use crate::model::dialect::Dialect;
use crate::model::reject::RejectReason;
use ahash::RandomState;

/// What the ledger says of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CustomerCounts {
    pub(crate) accepted: u64,
    pub(crate) key_missing: u64,
    pub(crate) age_missing: u64,
    pub(crate) age_invalid: u64,
    /// By group number.
    pub(crate) groups: Vec<u64>,
}

impl CustomerCounts {
    fn add(&mut self, new: &NewCustomer) {
        self.accepted += 1;
        self.groups[usize::from(new.group)] += 1;
        self.age_missing += u64::from(new.age == AgeStatus::Missing);
        self.age_invalid += u64::from(new.age == AgeStatus::Invalid);
    }
}

/// All accepted customers.
#[derive(Debug)]
pub(crate) struct BuildSide {
    arena: CustomerArena,
    map: CustomerMap,
    /// Those without a key, whom no purchase can name.
    keyless: Vec<Slot>,
    pub(crate) counts: CustomerCounts,
}

impl BuildSide {
    /// No customers yet, with room for the first of them; so many threads make room for more. Without `tails` no rows
    /// will be written, and look-ups need no entries.
    pub(crate) fn new(dialect: Dialect, groups: usize, first: usize, threads: usize, tails: bool) -> Result<Self> {
        let counts = CustomerCounts { groups: vec![0; groups], ..CustomerCounts::default() };
        let map = CustomerMap::with_capacity(first, threads, !tails)?;
        Ok(Self { arena: CustomerArena::new(dialect, map.hasher().clone()), map, keyless: vec![], counts })
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        self.map.hasher()
    }

    /// Takes in one chunk's customers, in file order; `line` is the line the chunk begins at, and `forecast` is of the
    /// file read up to the chunk's end. Duplicates of a key become rejects of the chunk.
    pub(crate) fn add(
        &mut self,
        batch: &mut CustomerBatch,
        line: u64,
        forecast: &Forecast,
        blocks: &BlockPool,
    ) -> Result<()> {
        /// So many customers before its turn a bucket is asked for.
        const AHEAD: usize = 16;
        let Self { arena, map, keyless, counts } = self;
        let base = arena.add(&batch.entries, batch.customers.len(), line, forecast, blocks)?;
        let before = batch.rejects.len();
        let mut whole = true;
        for (number, new) in batch.customers.iter().enumerate() {
            if let Some(later) = batch.customers.get(number + AHEAD) {
                map.slots().prefetch(later.key.hash);
            }
            // All entries are stored at once until a duplicate is removed, then one at a time.
            let address = if whole {
                base + Address::from(new.entry)
            } else {
                let end = batch.customers.get(number + 1).map_or(batch.entries.len(), |next| next.entry as usize);
                arena.add(&batch.entries[new.entry as usize..end], 1, line, forecast, blocks)?
            };
            arena.begin_line(address, line);
            if new.has_key() {
                let same = |other| arena.same_key(address, other);
                if let Some(first) = map.insert(new.key, new.group, address, same, arena)? {
                    let first_line = arena.line(first);
                    batch.rejects.push(new.reject(RejectReason::Duplicate { first_line }));
                    // Only customers that are accepted take memory.
                    arena.take_back(address, if whole { batch.customers.len() - number } else { 1 });
                    whole = false;
                    continue;
                }
            } else {
                counts.key_missing += 1;
                keyless.push(Slot::new(0, new.group, address));
            }
            counts.add(new);
        }
        map.expect(forecast.customers(map.len()));
        if batch.rejects.len() > before {
            batch.rejects.sort_unstable_by_key(|reject| reject.start);
        }
        Ok(())
    }

    /// Blocks of memory that workers make ready.
    pub(crate) fn block_pool(threads: usize) -> BlockPool {
        CustomerArena::block_pool(threads)
    }

    /// The map and the arena, for lookups.
    pub(crate) fn view(&mut self) -> (MapView<'_>, &CustomerArena) {
        (self.map.slots(), &self.arena)
    }

    /// Bytes of memory that what rows need of them takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.arena.bytes() as u64
    }

    /// How many customers purchases named, and how many they did not: counted apart, as the ledger's laws are about their
    /// sum.
    pub(crate) fn named_and_left(&mut self) -> [u64; 2] {
        let left = self.keyless.len() as u64;
        self.map.all().fold([0, left], |[named, left], slot| match slot.is_matched() {
            true => [named + 1, left],
            false => [named, left + 1],
        })
    }

    /// Customers that no purchase named, in parts that stand one behind the other in the file; in a part they stand in
    /// no order.
    pub(crate) fn left_over(&mut self) -> Vec<Vec<Slot>> {
        let Self { arena, map, keyless, .. } = self;
        let mut each = |visit: &mut dyn FnMut(usize, Slot)| {
            let left = map.all().filter(|slot| !slot.is_matched()).chain(keyless.iter().copied());
            left.for_each(|slot| visit(CustomerArena::part(slot.address()), slot));
        };
        // Counted first: vectors that grow would take twice as much.
        let mut counts = vec![0; arena.parts()];
        each(&mut |part, _| counts[part] += 1);
        let mut parts: Vec<Vec<Slot>> = counts.into_iter().map(Vec::with_capacity).collect();
        each(&mut |part, slot| parts[part].push(slot));
        parts.retain(|part| !part.is_empty());
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::parse::{CustomerParser, ParseScratch};
    use crate::model::age_group::AgeGroups;
    use crate::model::columns::CustomerColumns;
    use crate::model::key::Key;
    use crate::purchases::lookup::Lookup;
    use crate::purchases::row_suffix::RowSuffixes;

    /// Takes in texts as chunks, each on the line it begins at; the rejects of all, with their lines.
    fn add(customers: &mut BuildSide, texts: &[String], max_record: usize) -> Vec<(u64, RejectReason)> {
        let groups = AgeGroups::default();
        let columns = CustomerColumns { count: 3, key: 0, first_name: 1, last_name: 1, age: 2 };
        let loader = CustomerParser::new(Dialect::default(), columns, &groups, customers.hasher().clone(), max_record);
        let blocks = BuildSide::block_pool(1);
        let (mut line, mut rejects) = (2, vec![]);
        for text in texts {
            let mut batch = CustomerBatch::default();
            loader.parse(text.as_bytes(), &mut ParseScratch::default(), &mut batch);
            customers.add(&mut batch, line, &Forecast::default(), &blocks).expect("memory");
            rejects.extend(batch.rejects.iter().map(|reject| (line + u64::from(reject.line), reject.reason)));
            line += batch.lines;
        }
        rejects
    }

    fn none() -> BuildSide {
        BuildSide::new(Dialect::default(), AgeGroups::default().names().len(), 0, 1, true).expect("memory")
    }

    /// A chunk of short records may become entries of more than a block: they get a longer one.
    #[test]
    fn a_chunk_that_needs_more_than_a_block_is_found_again() {
        let (mut customers, tails) = (none(), RowSuffixes::new(Dialect::default(), &AgeGroups::default()));
        let chunk = |numbers: std::ops::Range<u32>| numbers.map(|number| format!("{number},,30\n")).collect();
        let long = format!("long,{},30\n", "x".repeat(70 << 20));
        let texts = [chunk(0..1), chunk(1..600_000), long, chunk(600_000..600_010)];
        assert_eq!(add(&mut customers, &texts, 80 << 20), []);
        let probe = Lookup::new(&mut customers, &tails);
        for number in 0..600_010 {
            let key = number.to_string();
            let same = |address| probe.arena.key_is(address, key.as_bytes());
            let found = probe.map.find(Key::new(key.as_bytes(), &probe.hasher), same).expect("there");
            let mut tail = Vec::new();
            tails.write(&probe.arena.entry(found.slot.address()), found.slot.group(), &mut tail);
            assert_eq!(tail, b",,30,,Middle-aged\n");
        }
    }

    /// The line of the first customer with a key is known whatever lies between.
    #[test]
    fn duplicates_name_the_line_of_the_first() {
        let mut customers = none();
        let texts = ["a,,1\n\n\nb,,2\nb,,3\n", "\"c\",x,1\n\"c\nd\",x,1\n\na,,9\n", "c,,1\n\"c\nd\",,1\nb,,1\ne,,1\n"];
        let rejects = add(&mut customers, &texts.map(str::to_owned), 1000);
        let first = |first_line| RejectReason::Duplicate { first_line };
        assert_eq!(rejects, [(6, first(5)), (11, first(2)), (12, first(7)), (13, first(8)), (15, first(5))]);
        assert_eq!(customers.counts.accepted, 5);
    }

    /// When the map grows, each key is read from its entry again, quoted or not.
    #[test]
    fn keys_of_all_forms_are_found_after_growth() {
        let forms: [fn(u32) -> [String; 2]; 5] = [
            |n| [n.to_string(), n.to_string()],
            |n| [format!("\"q{n}\""), format!("q{n}")],
            |n| [format!("\"d\"\"{n}\""), format!("d\"{n}")],
            |n| [format!("a long key {n}"), format!("a long key {n}")],
            |n| [format!("\"{}{n}\"", "k".repeat(300)), format!("{}{n}", "k".repeat(300))],
        ];
        let keys: Vec<[String; 2]> = (0..4_000).flat_map(|number| forms.map(|form| form(number))).collect();
        let texts: Vec<String> =
            keys.chunks(500).map(|keys| keys.iter().map(|[raw, _]| format!("{raw},x,30\n")).collect()).collect();
        let (mut customers, tails) = (none(), RowSuffixes::new(Dialect::default(), &AgeGroups::default()));
        assert_eq!(add(&mut customers, &texts, 1000), []);
        let probe = Lookup::new(&mut customers, &tails);
        for [_, value] in &keys {
            let same = |address| probe.arena.key_is(address, value.as_bytes());
            assert!(probe.map.find(Key::new(value.as_bytes(), &probe.hasher), same).is_some(), "{value}");
        }
    }

    /// Duplicates leave nothing in memory, wherever in a chunk they stand, and who follows them is found.
    #[test]
    fn duplicates_take_no_memory() {
        let without: String = (0..1_000).map(|number| format!("{number},{number},30\n")).collect();
        let mut with = "x,,1\n".repeat(3);
        for (number, record) in without.split_inclusive('\n').enumerate() {
            let of_earlier = format!("{},,1\n", number / 2);
            with.push_str(record);
            with.push_str(&of_earlier.repeat(number % 4));
        }
        let [mut expected, mut customers, mut in_parts] = [none(), none(), none()];
        assert_eq!(add(&mut expected, &["x,,1\n".to_owned() + &without], 1000), []);
        let rejects = add(&mut customers, &[with.clone()], 1000);
        assert_eq!(rejects.len(), 2 + 250 * (1 + 2 + 3));
        let parts: Vec<String> = with.split_inclusive('\n').map(str::to_owned).collect();
        assert_eq!(add(&mut in_parts, &parts, 1000), rejects);
        let (arena, lines) = (|of: &BuildSide| (of.bytes(), of.counts.clone()), with.lines().count() as u64 + 2);
        assert!(arena(&customers) == arena(&expected) && arena(&in_parts) == arena(&expected));
        // The next entries follow directly, and their line numbers are right.
        for customers in [&mut customers, &mut in_parts] {
            let line = |slot: &Slot, customers: &BuildSide| customers.arena.line(slot.address());
            let mut slots: Vec<Slot> = customers.map.all().collect();
            slots.sort_unstable_by_key(|slot| slot.address());
            assert_eq!(slots.len(), 1_001);
            assert!(slots.iter().map(|slot| line(slot, customers)).is_sorted_by(|one, next| one < next));
            assert!(slots.iter().all(|slot| (2..lines).contains(&line(slot, customers))));
            let keys = slots.iter().skip(1).map(|slot| customers.arena.entry(slot.address()).key());
            assert!(keys.zip(0..).all(|(key, number): (_, u32)| key == number.to_string().as_bytes()));
        }
    }

    /// Those whom nobody named stand in the order of their parts.
    #[test]
    fn who_was_not_named_is_left() {
        let (mut customers, tails) = (none(), RowSuffixes::new(Dialect::default(), &AgeGroups::default()));
        let texts: Vec<String> = (0..100_000).map(|number| format!("{number},{number},30\n")).collect();
        add(&mut customers, &[texts.concat(), ",keyless,20\n".to_owned()], 1000);
        let probe = Lookup::new(&mut customers, &tails);
        for key in (0..100_000).filter(|number| number % 3 > 0).map(|number: u32| number.to_string()) {
            let same = |address| probe.arena.key_is(address, key.as_bytes());
            probe.map.set_matched(probe.map.find(Key::new(key.as_bytes(), &probe.hasher), same).expect("there"));
        }
        assert_eq!(customers.named_and_left(), [66_666, 33_335]);
        let mut left: Vec<Slot> = vec![];
        for mut part in customers.left_over() {
            part.sort_unstable();
            left.extend(part);
        }
        assert!(left.is_sorted());
        let keys: Vec<&[u8]> = left.iter().map(|slot| customers.arena.entry(slot.address()).key()).collect();
        let expected: Vec<String> = (0..100_000).step_by(3).map(|number| number.to_string()).collect();
        assert_eq!(keys.len(), expected.len() + 1);
        assert!(
            keys.iter().zip(&expected).all(|(key, expected)| *key == expected.as_bytes())
                && keys.last() == Some(&b"".as_slice())
        );
    }
}
