//! The summary after a run.

use crate::common::{Case, stderr_text};

fn size(cells: u16) -> std::num::NonZero<u16> {
    cells.try_into().expect("not 0")
}

/// Wide characters take two cells of a terminal, combining marks none.
#[test]
fn the_columns_of_the_summary_align_on_a_terminal() {
    let case = Case::small();
    let groups = "若年=18-30,e\u{301}te\u{301}=30-45,🦀=45-60,Senior=60+";
    let args = ["run", "-c", "c.csv", "-p", "p.csv", "-o", "out", "--progress", "off", "--age-groups", groups];
    let output = case.spendfold().args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0));
    let mut parser = vt100::Parser::new(size(40), size(100), 0);
    let text = stderr_text(&output);
    let table: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(table.len(), 7, "{text}");
    parser.process(table.join("\r\n").as_bytes());
    // The last cell of the column "total spending", in every row of the table.
    let end = table[0].find("total spending").expect("the head") as u16 + "total spending".len() as u16 - 1;
    for row in 1..table.len() as u16 {
        let cell = |column| parser.screen().cell(row, column).expect("a cell").contents().to_owned();
        assert!(cell(end).parse::<u8>().is_ok() && cell(end + 1).trim().is_empty(), "row {row} of\n{text}");
    }
}
