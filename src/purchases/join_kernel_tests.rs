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
    parser.parse(text.as_bytes(), &mut ParseScratch::default(), &mut batch);
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
    while kernel.slow_record(bytes, &mut cursor, scratch, out) {
        let KernelScratch { ring, unescaped, .. } = &mut *scratch;
        let pipeline = LookupPipeline { lookup: &kernel.lookup, policy: &kernel.policy, chunk: bytes, unescaped };
        pipeline.drain(ring, out);
        unescaped.clear();
    }
    let pipeline = LookupPipeline { lookup: &kernel.lookup, policy: &kernel.policy, chunk: bytes, unescaped: &[] };
    kernel.finish(pipeline, scratch, out);
    out.rows.update_checksum();
}

fn join(text: &[u8], setup: Setup) -> Output {
    let Setup { want, path, keep_unmatched, mode, max_record, max_row_bytes } = setup;
    let groups = AgeGroups::default();
    let mut customers = customers(&groups, mode);
    let suffixes = RowSuffixes::new(DIALECT, &groups);
    let header = ["k", "p", "v"].map(|name| name.as_bytes().to_vec());
    let kernel = JoinKernel {
        dialect: DIALECT,
        columns: PurchaseColumns { count: 3, key: 0, amount: 2 },
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
    let mut crc = crc32fast::Hasher::new();
    while base < text.len() && all.fatal.is_none() {
        let len = cut(&text[base..], want, DIALECT).unwrap_or(text.len() - base);
        let chunk = &text[base..base + len];
        match path {
            Path::Dispatched => kernel.join(chunk, &mut scratch, &mut out),
            Path::Portable => kernel.join_records(chunk, &mut scratch, &mut out),
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
            all.rows.extend_from_slice(&text[base..][row.start as usize..row.end as usize]);
            kernel.write_suffix(row, &mut all.rows);
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
        let setup = Setup { want, path, keep_unmatched: keep, mode, max_record, max_row_bytes };
        let slow = join(bytes, Setup { want: 1 << 20, path: Path::Slow, max_row_bytes: 1 << 20, ..setup });
        let all = join(bytes, setup);
        prop_assert_eq!(&all, &slow);
        // Both modes agree in everything but the rows.
        let with_rows = join(bytes, Setup { mode: Mode::Rows, ..setup });
        prop_assert_eq!(Output { rows: vec![], crc: 0, ..all }, Output { rows: vec![], crc: 0, ..with_rows });
    }
}
