//! Tests of the whole chart, from the bars to the PNG file.

use super::samples::{charts, spread};
use super::{Bar, Captions, Chart};

const NOTE: &str = "68,447 purchases, 20,000 customers, total spending 38,660,276";
const WIDTH: usize = 1600;
const HEIGHT: usize = 1000;

fn png(bars: &[(&str, i128)], fraction_digits: u32) -> Vec<u8> {
    let bars: Vec<Bar<'_>> = bars.iter().map(|&(label, total)| Bar { label, bounds: None, total }).collect();
    let captions = Captions { title: "Spending", notes: &[NOTE.to_owned()], currency: Some("EUR") };
    Chart::new(&bars, fraction_digits, &captions).and_then(|chart| chart.png()).expect("a chart")
}

/// The rows of pixels.
fn decode(bytes: &[u8]) -> Vec<Vec<[u8; 3]>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG header");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("a PNG picture");
    assert_eq!((info.width as usize, info.height as usize), (WIDTH, HEIGHT));
    assert_eq!(info.color_type, png::ColorType::Rgb);
    data.as_chunks().0.chunks(WIDTH).map(<[_]>::to_vec).collect()
}

#[test]
fn every_kind_of_chart_decodes_and_repeats() {
    for (bars, fraction_digits) in charts() {
        let first = png(&bars, fraction_digits);
        decode(&first);
        assert!(first == png(&bars, fraction_digits), "{bars:?}");
    }
}

#[test]
fn nothing_touches_the_edges() {
    for count in [8, 20, 45, 60] {
        let rows = decode(&png(&spread(count, -7_000_000, 8_000_000), 2));
        for edge in [0, 20, WIDTH - 21, WIDTH - 1] {
            assert!(rows.iter().all(|row| row[edge] == [0xff; 3]), "{count} bars, column {edge}");
        }
    }
}

#[test]
fn bars_are_drawn_in_their_colors() {
    let rows = decode(&png(&[("Young", 600), ("Middle-aged", -300), ("Unknown", 200)], 0));
    for color in [[0x00, 0x72, 0xb2], [0xd5, 0x5e, 0x00], [0x86, 0x8f, 0x9a]] {
        let rows = rows.iter().filter(|row| row.iter().filter(|&&pixel| pixel == color).count() > 200);
        assert!(rows.count() > 100, "{color:?}");
    }
}
