//! Compares the fast path with the slow path, any chunk size with one chunk, and both bucket layouts.

use super::*;
use crate::customers::arena::Origin;
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::input::record_end::cut;
use crate::input::repeated_header::RepeatedHeader;
use crate::model::age_group::AgeGroups;
use crate::model::columns::CustomerColumns;
use crate::model::mode::Mode;
use crate::model::reject::MAX_SAMPLES;
use crate::model::reject_reason::RejectReason;
use crate::model::sides::Sides;
use crate::purchases::chunk_output::PurchaseCounts;
use crate::purchases::deferred_rows::DeferredRows;
use crate::purchases::row_suffix::RowSuffixes;
use crate::purchases::totals::Totals;
use proptest::prelude::*;

const DIALECT: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), ..Dialect::RFC_4180 };

/// Customers with short, long and quoted keys.
fn customers(groups: &AgeGroups, mode: Mode) -> BuildSide {
    let text = "1,Ann,Lee,20\n22,Bo,Ek,30\n\"3\",C,D,\nabcdefghijk,E,F,50\n\"abc\"\"defghijk\",G,\"H,I\",17\n12345678,J,,40\nNULL,K,,41\n";
    let mut customers = BuildSide::new(DIALECT, groups.names().len(), 0, 1, mode).expect("memory");
    let columns = CustomerColumns { count: 4, key: 0, first_name: 1, last_name: 2, age: 3 };
    let parser = CustomerParser::new(Sides::both(DIALECT), columns, groups, customers.hasher().clone(), 1000, mode);
    let mut batch = CustomerBatch::default();
    parser.parse(text.as_bytes(), None, &mut ParseScratch::default(), &mut batch);
    assert!(batch.fatal.is_none() && batch.rejects.is_empty());
    customers
        .add(&mut batch, Origin { file: 0, line: 2 }, &Forecast::default(), &BuildSide::block_pool(1))
        .expect("memory");
    customers
}

/// The merged results of all chunks of a text.
#[derive(Debug, PartialEq)]
struct Output {
    rows: Vec<u8>,
    crc: u32,
    totals: Totals,
    counts: PurchaseCounts,
    rejects: Vec<(u64, u64, u64, RejectReason)>,
    fatal: Option<u64>,
    /// The first three unmatched purchases of the text.
    first_unmatched: Vec<u64>,
    /// Amounts with three fraction digits: like thousands, others, and the first of the former.
    three_digits: (u64, u64, Option<u64>),
    /// Matched purchases of the customer with the key NULL.
    placeholder: u64,
    /// Customers marked as matched.
    matched: u64,
}

/// How to join a text.
#[derive(Clone, Copy)]
struct Setup {
    /// Target size of a chunk.
    want: usize,
    path: Path,
    keep_unmatched: bool,
    mode: Mode,
    max_record: usize,
    max_row_bytes: usize,
    ragged: Ragged,
    /// Number of columns.
    count: usize,
}

/// Which code reads the records.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Path {
    /// The fast path, compiled for this CPU.
    Dispatched,
    /// The fast path, compiled for any CPU.
    Portable,
    /// The slow path only.
    Slow,
}

/// The oracle: every record takes the slow path and is finished before the next.
fn join_slowly(kernel: &JoinKernel<'_>, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
    kernel.start(bytes, scratch, out);
    let mut cursor = RecordCursor::default();
    while kernel.slow_record::<false>(bytes, None, &mut cursor, scratch, out) {
        let KernelScratch { ring, unescaped, .. } = &mut *scratch;
        kernel.pipeline::<false>(bytes, unescaped, &[]).drain(ring, out);
        unescaped.clear();
    }
    kernel.finish::<false>(bytes, scratch, out);
    out.rows.update_checksum();
}

fn join(text: &[u8], setup: Setup) -> Output {
    join_in_order(text, None, setup)
}

/// Joins a text with the key in the first column and the amount in the last one, or, in another order, in those that
/// this order names.
fn join_in_order(text: &[u8], order: Option<&ColumnOrder>, setup: Setup) -> Output {
    let Setup { want, path, keep_unmatched, mode, max_record, max_row_bytes, ragged, count } = setup;
    let groups = AgeGroups::default();
    let mut customers = customers(&groups, mode);
    let suffixes = RowSuffixes::new(DIALECT, &groups);
    let header = ["k", "p", "v"].map(|name| name.as_bytes().to_vec());
    let kernel = JoinKernel {
        dialect: DIALECT,
        ragged,
        columns: PurchaseColumns { count, key: 0, amount: count - 1 },
        header: RepeatedHeader::new(&header),
        max_record,
        lookup: Lookup::new(&mut customers, &suffixes),
        policy: UnmatchedPolicy {
            keep_unmatched,
            unknown: usize::from(groups.unknown()),
            unmatched_suffix: b",,,,,Unknown\n".to_vec(),
        },
    };
    let number = groups.names().len();
    let nothing = || Output {
        rows: vec![],
        crc: 0,
        totals: Totals::new(number),
        counts: PurchaseCounts::default(),
        rejects: vec![],
        fatal: None,
        first_unmatched: vec![],
        three_digits: (0, 0, None),
        placeholder: 0,
        matched: 0,
    };
    let mut all = nothing();
    let (mut scratch, mut out, mut base) = (KernelScratch::default(), ChunkOutput::new(number, max_row_bytes), 0);
    let (mut crc, mut deferred) = (crc32fast::Hasher::new(), DeferredRows::new(&kernel));
    while base < text.len() && all.fatal.is_none() {
        let len = cut(&text[base..], want, DIALECT).unwrap_or(text.len() - base);
        let chunk = &text[base..base + len];
        match path {
            Path::Dispatched => kernel.join(chunk, order, &mut scratch, &mut out),
            Path::Portable if mode == Mode::Rows && (order.is_some() || ragged == Ragged::Pad) => {
                kernel.join_records::<true>(chunk, order, &mut scratch, &mut out);
            }
            Path::Portable => kernel.join_records::<false>(chunk, order, &mut scratch, &mut out),
            Path::Slow => join_slowly(&kernel, chunk, &mut scratch, &mut out),
        }
        let place = |at: u32| base as u64 + u64::from(at);
        let lines = all.counts.lines;
        all.rejects.extend(out.rejects.iter().map(|reject| {
            (place(reject.start), place(reject.end), lines + u64::from(reject.line), reject.reason.kind())
        }));
        all.fatal = out.fatal.map(|fatal| place(fatal.place));
        if all.fatal.is_some() {
            // Of a chunk with a fatal record, only the rejects are used.
            all = Output { rejects: all.rejects, fatal: all.fatal, ..nothing() };
            break;
        }
        assert_eq!(out.rows.crc32(), crc32fast::hash(out.rows.bytes()));
        all.rows.extend_from_slice(out.rows.bytes());
        crc.update(out.rows.bytes());
        for row in &out.deferred {
            let from = all.rows.len();
            deferred.parts(chunk, row, order).iter().for_each(|part| all.rows.extend_from_slice(part));
            crc.update(&all.rows[from..]);
        }
        let wanted = MAX_SAMPLES - all.first_unmatched.len();
        all.first_unmatched.extend(out.first_unmatched.iter().take(wanted).map(|(start, _)| place(start)));
        let three = &mut all.three_digits;
        (three.0, three.1) = (three.0 + out.three_digits.grouped, three.1 + out.three_digits.plain);
        three.2 = three.2.or(out.three_digits.first.map(|(start, _)| place(start)));
        all.placeholder += out.placeholder_purchases.iter().sum::<u64>();
        all.totals.merge(&out.totals).expect("small");
        let (sum, part) = (&mut all.counts, &out.counts);
        sum.records += part.records;
        sum.matched += part.matched;
        sum.unmatched += part.unmatched;
        sum.key_missing += part.key_missing;
        sum.amount_missing += part.amount_missing;
        sum.blank_lines += part.blank_lines;
        (sum.padded, sum.trimmed) = (sum.padded + part.padded, sum.trimmed + part.trimmed);
        sum.kept += part.kept;
        sum.lines += part.lines;
        base += len;
    }
    if all.fatal.is_none() {
        assert_eq!(crc.clone().finalize(), crc32fast::hash(&all.rows));
        (all.crc, all.matched) = (crc.finalize(), customers.matched_and_unmatched()[0]);
    }
    all
}

fn lines() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        4 => "[0-9]{1,3}",
        1 => Just("1".to_owned()),
        1 => Just("abcdefghijk".to_owned()),
        1 => Just("\"abc\"\"defghijk\"".to_owned()),
        1 => Just("\"abcdefghijk\"".to_owned()),
        1 => Just("12345678".to_owned()),
        1 => Just("NULL".to_owned()),
        2 => "\"[0-9]{0,3}\"",
        1 => "[a-z]{0,12}",
    ];
    let product = prop_oneof![
        4 => "[a-z]{0,9}",
        3 => "\"[a-z,\r\n]{0,70}\"",
        1 => Just("5\" nails".to_owned()),
        1 => Just("\"5\"\" nails\"".to_owned()),
        1 => Just("\"x\"y".to_owned()),
        1 => "[a\"\r,]{0,4}",
    ];
    let amount = prop_oneof![
        6 => "[0-9]{1,5}\\.[0-9]{2}",
        2 => "[0-9]{1,9}",
        1 => "-?[0-9]{1,4}\\.[0-9]{3}",
        1 => "[-+ ]?[0-9]{0,3}\\.?[0-9]{0,11}",
        1 => "[0-9a.]{0,9}",
        2 => "\"[0-9]{0,3}\\.[0-9]{0,3}\"",
        1 => "\"[-+ ]?[0-9a]{0,9}\"",
    ];
    let ending = prop_oneof![6 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\n\n"), 1 => Just("\r\n\r\n")];
    let line =
        (key, product, amount, ending).prop_map(|(key, product, amount, end)| format!("{key},{product},{amount}{end}"));
    prop::collection::vec(line, 0..150).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn all_paths_chunk_sizes_and_modes_agree(
        text in lines(),
        want in prop_oneof![1usize..80, Just(1 << 20)],
        keep in any::<bool>(),
        mode in prop::sample::select(&[Mode::Rows, Mode::TotalsOnly]),
        max_record in prop_oneof![Just(1000usize), 10usize..30],
        chopped in 0usize..4,
        max_row_bytes in prop_oneof![Just(1usize << 20), 0usize..4000],
        path in prop::sample::select(&[Path::Dispatched, Path::Portable]),
    ) {
        let bytes = &text.as_bytes()[..text.len() - chopped.min(text.len())];
        let setup = Setup { want, path, keep_unmatched: keep, mode, max_record, max_row_bytes, ragged: Ragged::Reject, count: 3 };
        let slow = join(bytes, Setup { want: 1 << 20, path: Path::Slow, max_row_bytes: 1 << 20, ..setup });
        let all = join(bytes, setup);
        prop_assert_eq!(&all, &slow);
        // Both modes agree in everything but the rows.
        let with_rows = join(bytes, Setup { mode: Mode::Rows, ..setup });
        prop_assert_eq!(Output { rows: vec![], crc: 0, ..all }, Output { rows: vec![], crc: 0, ..with_rows });
    }
}

/// A record: its raw fields, and its line ending.
fn records(count: usize) -> impl Strategy<Value = Vec<(Vec<String>, &'static str)>> {
    let field = prop_oneof![
        4 => "[0-9]{1,2}",
        2 => Just(String::new()),
        1 => Just("\"\"".to_owned()),
        1 => Just("abcdefghijk".to_owned()),
        1 => Just("\"abc\"\"defghijk\"".to_owned()),
        1 => Just("NULL".to_owned()),
        1 => "\"[0-9,\n]{0,70}\"",
        1 => Just("5\" nails".to_owned()),
        1 => "[0-9]{1,3}\\.[0-9]{3}",
    ];
    let flawed = prop_oneof![20 => Just(None), 1 => Just(Some("\"x\"y")), 1 => Just(Some("x\ry"))];
    let number = prop_oneof![6 => Just(count), 2 => 1..=count, 2 => count..count + 3];
    let ending = prop_oneof![6 => Just("\n"), 2 => Just("\r\n")];
    let record = (prop::collection::vec(field, count + 3), flawed, number, any::<bool>(), ending).prop_map(
        move |(mut fields, flawed, number, empty_surplus, ending)| {
            fields.truncate(number);
            if empty_surplus {
                fields
                    .iter_mut()
                    .skip(count)
                    .for_each(|field| *field = if field.len() > 3 { "\"\"" } else { "" }.into());
            }
            // A line that is blank is no record.
            if number == 1 && fields[0].is_empty() {
                fields[0] = "\"\"".to_owned();
            }
            fields[0] = flawed.map_or_else(|| fields[0].clone(), str::to_owned);
            (fields, ending)
        },
    );
    prop::collection::vec(record, 0..120)
}

/// The records as a text, and the offset of each record.
fn text_of(records: &[(Vec<String>, &'static str)]) -> (String, Vec<u64>) {
    let (mut text, mut starts) = (String::new(), vec![]);
    for (fields, ending) in records {
        starts.push(text.len() as u64);
        text += &(fields.join(",") + ending);
    }
    (text, starts)
}

/// The oracle: the fields of a record in the order of the first file, in its number, where that is allowed.
fn arranged(fields: &[String], count: usize, sources: &[usize], ragged: Ragged) -> Vec<String> {
    let is_empty = |field: &String| field.is_empty() || field == "\"\"";
    let fits = fields.len() == count || ragged == Ragged::Pad && fields.iter().skip(count).all(is_empty);
    if !fits {
        return fields.to_vec();
    }
    sources.iter().map(|&source| fields.get(source).cloned().unwrap_or_default()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Records in another order or number give what the same records, arranged beforehand, give.
    #[test]
    fn arranging_while_joining_agrees_with_arranging_before(
        (count, records, sources) in (2usize..6).prop_flat_map(|count| {
            let sources = prop_oneof![Just((0..count).collect::<Vec<_>>()).boxed(), Just((0..count).collect::<Vec<_>>()).prop_shuffle().boxed()];
            (Just(count), records(count), sources)
        }),
        want in prop_oneof![1usize..80, Just(1 << 20)],
        keep_unmatched in any::<bool>(),
        mode in prop::sample::select(&[Mode::Rows, Mode::TotalsOnly]),
        max_row_bytes in prop_oneof![Just(1usize << 20), 0usize..4000],
        path in prop::sample::select(&[Path::Dispatched, Path::Portable]),
        ragged in prop::sample::select(&[Ragged::Reject, Ragged::Pad]),
    ) {
        let name = |column: &usize| column.to_string().into_bytes();
        let names: Vec<Vec<u8>> = (0..count).map(|column| {
            name(&sources.iter().position(|source| *source == column).expect("a permutation"))
        }).collect();
        let first: Vec<Vec<u8>> = (0..count).map(|column| name(&column)).collect();
        let order = ColumnOrder::find(&first, &names).expect("the same columns");
        let before: Vec<(Vec<String>, &str)> = records.iter().map(|(fields, ending)| (arranged(fields, count, &sources, ragged), *ending)).collect();
        let ((text, starts), (expected_text, expected_starts)) = (text_of(&records), text_of(&before));
        let setup = Setup { want, path, keep_unmatched, mode, max_record: 1000, max_row_bytes, ragged, count };
        let found = join_in_order(text.as_bytes(), order.as_ref(), setup);
        let oracle = Setup { want: 1 << 20, path: Path::Slow, max_row_bytes: 1 << 20, ragged: Ragged::Reject, ..setup };
        let expected = join(expected_text.as_bytes(), oracle);
        // Places differ: they are compared as numbers of records.
        let numbered = |output: Output, records: &[(Vec<String>, &str)], starts: &[u64], text: &str| {
            let number = |place: u64| starts.iter().position(|start| *start == place).expect("a record") as u64;
            let rejects = output.rejects.iter().map(|&(start, end, line, reason)| {
                assert_eq!(&text[start as usize..end as usize], records[number(start) as usize].0.join(","));
                assert_eq!(text[..start as usize].matches('\n').count() as u64, line);
                (number(start), 0, 0, reason)
            });
            Output {
                rejects: rejects.collect(),
                first_unmatched: output.first_unmatched.iter().map(|place| number(*place)).collect(),
                three_digits: (output.three_digits.0, output.three_digits.1, output.three_digits.2.map(number)),
                counts: PurchaseCounts { padded: 0, trimmed: 0, ..output.counts },
                ..output
            }
        };
        let accepted = |more: fn(usize, usize) -> bool| {
            let rejected = |number: usize| expected.rejects.iter().any(|reject| {
                reject.0 == expected_starts[number] && !matches!(reject.3, RejectReason::AmountNotDecimal | RejectReason::AmountFractionTooLong | RejectReason::AmountIntegerTooLong)
            });
            (0..records.len()).filter(|&number| more(records[number].0.len(), count) && !rejected(number)).count() as u64
        };
        prop_assert_eq!((found.counts.padded, found.counts.trimmed), (accepted(|len, count| len < count), accepted(|len, count| len > count)));
        prop_assert_eq!(numbered(found, &records, &starts, &text), numbered(expected, &before, &expected_starts, &expected_text));
    }
}

/// A short record may become many times as large. The rewritten records and the rows of a chunk are bounded all the same.
#[test]
fn records_that_grow_take_bounded_memory() {
    let (count, number) = (50_000, 2_000);
    let text = "1\n".repeat(number);
    let setup = Setup {
        want: 1 << 20,
        path: Path::Dispatched,
        keep_unmatched: true,
        mode: Mode::Rows,
        max_record: 1 << 20,
        max_row_bytes: 1 << 20,
        ragged: Ragged::Pad,
        count,
    };
    let rows = join(&text.as_bytes()[..2 * 40], setup).rows;
    assert_eq!(rows, ("1".to_owned() + &",".repeat(count - 1) + ",Ann,Lee,20,Ann Lee,Young\n").repeat(40).as_bytes());

    let groups = AgeGroups::default();
    let (mut customers, suffixes) = (customers(&groups, Mode::Rows), RowSuffixes::new(DIALECT, &groups));
    let kernel = JoinKernel {
        dialect: DIALECT,
        ragged: Ragged::Pad,
        columns: PurchaseColumns { count, key: 0, amount: 2 },
        header: RepeatedHeader::default(),
        max_record: 1 << 20,
        lookup: Lookup::new(&mut customers, &suffixes),
        policy: UnmatchedPolicy {
            keep_unmatched: true,
            unknown: usize::from(groups.unknown()),
            unmatched_suffix: vec![],
        },
    };
    let (mut scratch, mut out) = (KernelScratch::default(), ChunkOutput::new(groups.names().len(), 1 << 20));
    kernel.join(text.as_bytes(), None, &mut scratch, &mut out);
    assert_eq!((out.counts.padded, out.counts.matched), (number as u64, number as u64));
    assert!(out.deferred.len() > number - 30 && out.rows.bytes().len() <= 1 << 20);
    assert!(scratch.rewritten.capacity() < 4 * MAX_REWRITTEN + 4 * count, "{}", scratch.rewritten.capacity());
}
