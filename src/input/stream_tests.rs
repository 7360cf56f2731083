use super::*;
use crate::input::chunks::Chunks;
use crate::input::file::InputFile;
use crate::input::header::{Header, HeaderReader};
use crate::input::reader::InputReader;
use crate::input::record_end::scanned;
use crate::model::csv_format::CsvFormat;
use crate::model::dialect::Dialect;
use crate::model::sides::Side;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Mutex;

/// The cost of a stream, observed at the reads of its source.
#[derive(Debug, Default)]
struct Cost {
    /// Bytes whose address changed between two reads.
    moved: usize,
    /// The largest capacity of the buffer.
    capacity: usize,
}

/// A source that returns its bytes in reads of the given sizes, cyclically, and observes the buffer.
#[derive(Debug)]
struct SmallReads<'a> {
    rest: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    /// Address and length of the buffer after the last read.
    left: (usize, usize),
    cost: &'a Mutex<Cost>,
}

impl<'a> SmallReads<'a> {
    fn new(bytes: &'a [u8], sizes: &'a [usize], cost: &'a Mutex<Cost>) -> Self {
        Self { rest: bytes, sizes: sizes.iter().cycle(), left: (0, 0), cost }
    }
}

impl Source for SmallReads<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let address = |buffer: &Vec<u8>| buffer.as_ptr() as usize;
        let mut cost = self.cost.lock().expect("no panic");
        if (address(buffer), buffer.len()) != self.left {
            cost.moved += buffer.len();
        }
        cost.capacity = cost.capacity.max(buffer.capacity());
        let spare = buffer.capacity() - buffer.len();
        assert!(spare > 0, "a read without spare capacity");
        let len = self.rest.len().min(spare).min(*self.sizes.next().expect("a size"));
        let (read, rest) = self.rest.split_at(len);
        buffer.extend_from_slice(read);
        self.rest = rest;
        self.left = (address(buffer), buffer.len());
        Ok(len)
    }
}

fn read_header(input: &mut InputReader<'_>, dialect: Dialect, max_record: usize) -> Result<Header> {
    let format = CsvFormat { delimiter: Some(dialect.delimiter), quote: dialect.quote, ..CsvFormat::default() };
    let reader =
        HeaderReader { side: Side::Purchases, format: &format, known: None, wanted: &[], max_record, digest: None };
    reader.read(input)
}

/// Reads an input: its header or the error, then the offset and bytes of each chunk.
fn read_all(
    mut input: InputReader<'_>,
    want: usize,
    max_record: usize,
    dialect: Dialect,
) -> (String, Vec<(u64, Vec<u8>)>) {
    let header = match read_header(&mut input, dialect, max_record) {
        Ok(header) => format!("{header:?}"),
        Err(error) => return (error.to_string(), vec![]),
    };
    let mut chunks = Chunks::new(vec![input], want, max_record, dialect);
    let next = || chunks.next().expect("readable").map(|chunk| (chunk.offset, chunk.bytes.to_vec()));
    (header, std::iter::from_fn(next).collect())
}

fn no_file() -> InputFile {
    InputFile::open(Path::new("/dev/null"), true).expect("opened")
}

/// Reasons for the bounds: a byte moves when the buffer grows (amortised at most twice, since it doubles) and as part
/// of the rest after a chunk; a partial block is scanned again after each read.
#[test]
fn work_and_memory_are_linear_in_the_bytes_read() {
    const LONG: usize = 1 << 19;
    let letters = "x".repeat(LONG);
    let lines = "1,Pen,0.25\n".repeat(LONG / 11);
    let texts = [
        ("a long header", format!("{letters}\n1\n")),
        ("a long quoted header", format!("a,\"{letters}\"\n1\n")),
        ("blank lines", "\n".repeat(LONG / 8)),
        ("a long record", format!("a\n1,{letters}\n{lines}")),
        ("a long quoted record", format!("a\n1,\"{letters}\"\n{lines}")),
        ("an open quote", format!("a\n{lines}\"{letters}")),
        ("lines", format!("a\n{lines}")),
    ];
    let file = no_file();
    for (name, text) in &texts {
        let n = text.len();
        for quote in [Some(b'"'), None] {
            let dialect = Dialect { delimiter: b',', quote, ..Dialect::RFC_4180 };
            for want in [1, 100_000, 1 << 30] {
                for size in [64, 5000, 1 << 30] {
                    let what = format!("{name}, quote {quote:?}, chunks of {want}, reads of {size}");
                    let (cost, sizes) = (Mutex::new(Cost::default()), [size]);
                    let stream = Stream::new(SmallReads::new(text.as_bytes(), &sizes, &cost));
                    scanned::take();
                    read_all(InputReader::of_stream(&file, stream), want, 16 << 20, dialect);
                    let (scanned, cost) = (scanned::take(), cost.into_inner().expect("no panic"));
                    assert!(scanned <= 3 * n, "{what}: {scanned} of {n} bytes scanned");
                    assert!(cost.moved <= 4 * n, "{what}: {} of {n} bytes moved", cost.moved);
                    assert!(cost.capacity <= 2 * n + FIRST + 2 * READ, "{what}: {} for {n} bytes", cost.capacity);
                }
            }
        }
    }
}

#[test]
fn taking_a_piece_moves_no_more_than_its_length() {
    let bytes = vec![b'x'; 1 << 20];
    for len in [1, 11, 1000, 100_000, 300_000] {
        let (cost, sizes) = (Mutex::new(Cost::default()), [1 << 30]);
        let mut stream = Stream::new(SmallReads::new(&bytes, &sizes, &cost));
        let (mut taken, mut moved) = (0, 0);
        while taken < bytes.len() {
            let peeked = stream.peek(len).expect("readable").0;
            let (piece, rest) = peeked.split_at(len.min(peeked.len()));
            let (len, address, rest) = (piece.len(), rest.as_ptr(), rest.len());
            taken += stream.take(len).len();
            if stream.peek(0).expect("readable").0.as_ptr() != address {
                moved += rest;
            }
        }
        assert!(moved <= bytes.len(), "pieces of {len}: {moved} bytes moved");
    }
}

/// Reading the header must not wait for more bytes: the writer may wait for an answer before it sends them.
#[test]
fn no_read_follows_the_end_of_the_header() {
    let file = no_file();
    let (cost, sizes) = (Mutex::new(Cost::default()), [1]);
    let stream = Stream::new(SmallReads::new(b"\n\"id\",price\n1,2\n", &sizes, &cost));
    let mut input = InputReader::of_stream(&file, stream);
    read_header(&mut input, Dialect::default(), 100).expect("a header");
    assert_eq!(input.peek(0).expect("readable"), (&b""[..], false));
}

/// An open quote must not make the program read, and keep, the rest of a stream.
#[test]
fn a_record_without_an_end_is_read_up_to_the_limit() {
    let (file, text) = (no_file(), format!("\"{}", "x".repeat(1 << 20)));
    let (cost, sizes) = (Mutex::new(Cost::default()), [7]);
    let stream = Stream::new(SmallReads::new(text.as_bytes(), &sizes, &cost));
    let mut input = InputReader::of_stream(&file, stream);
    let len = input.whole_records(1000, 500, Dialect::default()).expect("readable");
    // The bytes wanted, the longest record that could begin among them, and CR LF.
    assert_eq!(len, 1502);
    let read = input.peek(0).expect("readable").0.len();
    assert!(read < len + 7, "{read} bytes were read");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_stream_with_reads_of_any_size_agrees_with_a_map(
        start in "(\u{feff})?(\r?\n){0,3}",
        fields in prop::collection::vec("[ab]{0,9}|\"[ab]{0,70}\"|\"([ab,\n]|\"\"){0,90}\"|a\"b|\"a\"b\"|a\"{1,70}|\"|\r", 1..30),
        ends in prop::collection::vec("[,\n]|,|\r\n|\n{1,3}", 30),
        quoting in any::<bool>(),
        max_record in prop_oneof![1usize..200, Just(1 << 20)],
        want in prop_oneof![Just(1), 1usize..300, Just(1 << 30)],
        sizes in prop::collection::vec(prop_oneof![Just(1), 1usize..5, 1usize..300], 1..20),
    ) {
        let body: String = fields.iter().zip(&ends).map(|(field, end)| format!("{field}{end}")).collect();
        let text = start + &body;
        let (file, cost) = (no_file(), Mutex::new(Cost::default()));
        let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"'), ..Dialect::RFC_4180 };
        let stream = Stream::new(SmallReads::new(text.as_bytes(), &sizes, &cost));
        let streamed = read_all(InputReader::of_stream(&file, stream), want, max_record, dialect);
        let mapped = read_all(InputReader::of_memory(&file, text.as_bytes()), want, max_record, dialect);
        prop_assert_eq!(streamed, mapped);
    }

    #[test]
    fn taken_pieces_are_the_bytes_read(
        len in 0usize..600_000,
        takes in prop::collection::vec(prop_oneof![0usize..100, 0usize..200_000], 1..20),
        sizes in prop::collection::vec(prop_oneof![1usize..100, 1000usize..100_000], 1..5),
    ) {
        let bytes: Vec<u8> = (0..len).map(|n| ((n * 31) >> 4) as u8).collect();
        let cost = Mutex::new(Cost::default());
        let mut stream = Stream::new(SmallReads::new(&bytes, &sizes, &cost));
        let mut rest = &bytes[..];
        for take in takes {
            let (peeked, ended) = stream.peek(take).expect("readable");
            prop_assert!(rest.starts_with(peeked) && (peeked.len() >= take || ended && peeked.len() == rest.len()));
            let take = take.min(peeked.len());
            prop_assert!(*stream.take(take) == rest[..take]);
            rest = &rest[take..];
        }
    }
}
