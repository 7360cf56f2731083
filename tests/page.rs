//! The report page in a real browser, headless Chromium: it opens, runs and loads nothing, shows the figures of
//! `report.json`, and fits on two printed pages.
//!
//! Prints `SKIPPED` and the reason if Chromium is missing.

#[allow(dead_code, reason = "shared with other tests, which use more of it")]
#[path = "common/mod.rs"]
mod common;

use common::Case;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Hosts that the browser itself asks, whatever the page.
const BROWSER_HOSTS: [&str; 3] = [".google.com", ".googleapis.com", ".gvt1.com"];

/// What a browser said about a page.
struct Visit {
    /// The document after it was loaded, as HTML.
    dom: String,
    /// Lines that the page wrote to the console, such as errors.
    console: Vec<String>,
    /// Addresses outside the file system that the page requested.
    requests: Vec<String>,
}

/// Runs Chromium with its own profile in `dir`. `None` if there is no Chromium.
fn chromium(dir: &Path, args: &[&str]) -> Option<Output> {
    let profile = tempfile::tempdir_in(dir).expect("a directory");
    let output = Command::new("chromium")
        // The sandbox needs privileges that containers lack.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(args)
        .output();
    match output {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(output)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "SKIPPED the report page in a browser: chromium is not here");
            None
        }
        Err(error) => panic!("chromium: {error}"),
    }
}

/// Opens a page.
fn visit(dir: &Path, page: &Path) -> Option<Visit> {
    let log = dir.join("net-log.json");
    let args = [
        "--enable-logging=stderr".to_owned(),
        format!("--log-net-log={}", log.display()),
        "--dump-dom".to_owned(),
        format!("file://{}", page.display()),
    ];
    let output = chromium(dir, &args.each_ref().map(String::as_str))?;
    let log = String::from_utf8_lossy(&fs::read(&log).expect("a log of the network")).into_owned();
    let urls = log.split("\"url\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let by_page = |url: &&str| {
        let host = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        !url.starts_with("file:") && !url.starts_with("data:") && !BROWSER_HOSTS.iter().any(|own| host.ends_with(own))
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    Some(Visit {
        dom: String::from_utf8(output.stdout).expect("UTF-8"),
        console: stderr.lines().filter(|line| line.contains(":CONSOLE:")).map(str::to_owned).collect(),
        requests: urls.filter(by_page).map(str::to_owned).collect(),
    })
}

/// The element with an `id`, up to its end tag.
fn element<'a>(dom: &'a str, tag: &str, id: &str) -> &'a str {
    let found = dom
        .split(&format!("<{tag} "))
        .skip(1)
        .find(|rest| rest.split('>').next().is_some_and(|attributes| attributes.contains(&format!("id=\"{id}\""))));
    let found = found.unwrap_or_else(|| panic!("no {tag} {id}"));
    &found[found.find('>').expect("a tag") + 1..found.find(&format!("</{tag}>")).expect("an end")]
}

/// The text without tags and references.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (index, piece) in html.split('<').enumerate() {
        text.push_str(if index == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) });
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (reference, character)| text.replace(reference, character))
}

/// The cells of a table, row by row.
fn table(dom: &str, id: &str) -> Vec<Vec<String>> {
    let rows = element(dom, "table", id).split("<tr>").skip(1);
    rows.map(|row| {
        let cells = row.split("</td>").flat_map(|cells| cells.split("</th>"));
        let cells = cells.filter(|cell| cell.contains("<td") || cell.contains("<th"));
        cells.map(|cell| text(cell).trim().to_owned()).collect()
    })
    .collect()
}

/// A number of the report as the page writes it.
fn shown(value: &Value) -> String {
    let number = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    spendfold::text::grouped(&number).replace('-', "−")
}

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// Compares all figures of the page with the report.
fn check_figures(dom: &str, report: &Value) {
    let groups = report["age_groups"].as_array().expect("a list");
    let totals = table(dom, "totals-table");
    assert_eq!(totals.len(), groups.len() + 2);
    let [head, rows @ .., total] = totals.as_slice() else { panic!("no rows") };
    let column = |name: &str| head.iter().position(|head| head.starts_with(name)).expect("a column");
    for (row, group) in rows.iter().zip(groups) {
        assert_eq!(row[0], group["age_group"].as_str().expect("a name"));
        for (name, key) in
            [("Total spending", "total_spending"), ("Purchases", "purchases"), ("Customers", "customers")]
        {
            assert_eq!(row[column(name)], shown(&group[key]), "{}: {name}", row[0]);
        }
    }
    assert_eq!(total[column("Total spending")], shown(&report["total_spending"]));
    let headline = text(dom.split("<main>").next().and_then(|head| head.split("<header>").nth(1)).expect("a header"));
    // The currency stands between a minus sign and the digits.
    assert!(headline.contains(shown(&report["total_spending"]).trim_start_matches('−')), "{headline}");

    for (side, keys) in [
        ("purchases", ["records", "matched", "unmatched", "rejected"]),
        ("customers", ["records", "with_purchases", "without_purchases", "rejected"]),
    ] {
        let texts: Vec<String> = element(dom, "svg", &format!("{side}-flow"))
            .split("</text>")
            .filter_map(|piece| piece.split("<text").nth(1))
            .map(|piece| text(&format!("<{piece}")))
            .collect();
        for key in keys {
            let number = shown(&report[side][key]);
            let found = texts.iter().any(|text| text.split(' ').next() == Some(&number));
            assert!(found, "{side}.{key} = {number}: {texts:?}");
        }
    }
    let rows = text(element(dom, "p", "rows"));
    assert!(rows.contains(&format!("= {} row", shown(&report["combined"]["rows"]))), "{rows}");

    let rejects = report["rejects"].as_object().expect("an object");
    if rejects.is_empty() {
        assert!(dom.contains("No record was rejected."));
    } else {
        let mut rows: Vec<(String, String)> =
            table(dom, "rejected-table").iter().skip(1).map(|row| (row[0].clone(), row[1].clone())).collect();
        // The report has them by name, the page by precedence.
        rows.sort();
        let expected: Vec<(String, String)> =
            rejects.iter().map(|(reason, number)| (reason.clone(), shown(number))).collect();
        assert_eq!(rows, expected);
    }
    let inputs = report["inputs"].as_array().expect("a list");
    let rows = table(dom, "inputs-table");
    assert_eq!(rows.len(), inputs.len() + 1);
    for (row, input) in rows[1..].iter().zip(inputs) {
        assert_eq!(row[0], input["path"].as_str().expect("a path"));
        assert_eq!(row[2..4], [shown(&input["records"]), shown(&input["bytes"])]);
    }
}

/// The number of pages of a PDF file that Chromium wrote.
fn printed_pages(case: &Case) -> usize {
    let pdf = case.path("page.pdf");
    let args = [
        format!("--print-to-pdf={}", pdf.display()),
        "--no-pdf-header-footer".to_owned(),
        format!("file://{}", case.path("out/report.html").display()),
    ];
    chromium(&case.path("out"), &args.each_ref().map(String::as_str)).expect("chromium is here");
    let pdf = fs::read(&pdf).expect("a PDF");
    String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count()
}

/// The test would notice a script, a console message and a request.
#[test]
fn the_browser_would_notice_a_script_and_a_request() {
    let case = Case::small();
    case.write("control.html", "<script>console.error('control'); fetch('http://example.invalid/')</script>");
    let Some(visit) = visit(&case.path(""), &case.path("control.html")) else { return };
    assert!(visit.console.iter().any(|line| line.contains("control")), "{:?}", visit.console);
    assert!(visit.requests.iter().any(|url| url.contains("example.invalid")), "{:?}", visit.requests);
}

#[test]
fn the_page_shows_the_figures_of_the_report_and_loads_nothing() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for (sample, args) in [
        ("", &[][..]),
        ("", &["--join", "inner", "--currency", "€", "--no-combined"]),
        ("", &["--age-groups", "Young=0-17.5,Old=60+", "--chart-title", "Our customers & friends"]),
        ("dirty", &["--max-rejects", "100%"]),
    ] {
        let case = Case::small();
        for (name, input) in [("c.csv", "customers.csv"), ("p.csv", "purchases.csv")] {
            fs::copy(data.join(sample).join(input), case.path(name)).expect("copied");
        }
        let output = case.ran(args);
        assert_eq!(output.status.code(), Some(0), "{}", common::stderr_text(&output));
        let page = case.path("out/report.html");
        assert!(fs::metadata(&page).expect("a page").len() < 40_000);
        let Some(visit) = visit(&case.path(""), &page) else { return };
        assert!(visit.console.is_empty() && visit.requests.is_empty(), "{:?} {:?}", visit.console, visit.requests);
        check_figures(&visit.dom, &report(&case));
        let pages = printed_pages(&case);
        assert!((1..=2).contains(&pages), "{args:?}: {pages} pages");
    }
}

/// A held set with seven reasons of rejection, three examples of each, a notice and two exceeded limits.
#[test]
fn a_set_with_much_to_say_prints_on_two_pages() {
    let field = "a value that is rather long ".repeat(3);
    let customers: String = (0..6).map(|n| format!("{n},{field},Byron,3{n},London\n").repeat(2)).collect();
    let bad = [
        "\"a\"b,Pen,1\n",
        "1,a\rb,1\n",
        "1,Pen\n",
        "1,Pen,many\n",
        "1,Pen,0.1234567891\n",
        "1,Pen,1234567890123456789\n",
    ];
    let bad: String = bad.map(|line| line.replace("Pen", &field).repeat(4)).concat();
    let unmatched: String = (0..90).map(|n| format!("x{n},{field},7.5\n")).collect();
    let case = Case::new(
        format!("customer_id,first_name,last_name,age,city\n{customers}"),
        format!("customer_id,product,price\n1,Pen,2.5\n{unmatched}{bad}"),
    );
    let output =
        case.ran(&["--max-unmatched", "10%", "--digest", "sha256", "--currency", "€", "--over-limit", "publish"]);
    assert_eq!(output.status.code(), Some(3), "{}", common::stderr_text(&output));
    let report = report(&case);
    assert_eq!(report["rejects"].as_object().expect("an object").len(), 7, "{}", report["rejects"]);
    assert_eq!(report["exceeded"].as_array().expect("a list").len(), 2);
    assert!(!report["notices"].as_array().expect("a list").is_empty());
    let Some(visit) = visit(&case.path(""), &case.path("out/report.html")) else { return };
    check_figures(&visit.dom, &report);
    // All examples are on the screen.
    assert!(visit.dom.matches("class=\"sample\"").count() >= 19);
    let pages = printed_pages(&case);
    assert!((1..=2).contains(&pages), "{pages} pages");
}

#[test]
fn markup_in_the_data_stays_text() {
    let markup = "<script>document.title='run'</script>";
    let case = Case::new(
        format!("customer_id,first_name,last_name,{markup}\n1,{markup},B,20\n1,{markup},C,21\n2,Cy,D,50\n"),
        format!("customer_id,product,price\n1,{markup},-1234567.50\n2,Pen,99{markup}\n2,Ink,3\n"),
    );
    fs::rename(case.path("p.csv"), case.path("<b>p&.csv")).expect("renamed");
    let group = "<script>alert(1)</script>";
    let output = case
        .spendfold()
        .args(["run", "-q", "-c", "c.csv", "-p", "<b>p&.csv", "-o", "out", "--max-rejects", "100%"])
        .args(["--age", markup, "--chart-title", markup, "--currency", "<i>"])
        .args(["--age-groups", &format!("{group}=18-30,Old & wise=30+")])
        .output()
        .expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", common::stderr_text(&output));
    let Some(visit) = visit(&case.path(""), &case.path("out/report.html")) else { return };
    assert!(visit.console.is_empty() && visit.requests.is_empty(), "{:?} {:?}", visit.console, visit.requests);
    check_figures(&visit.dom, &report(&case));
    assert_eq!(
        text(visit.dom.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next()).expect("a title")),
        markup
    );
    for element in ["<script", "<b>", "<i>"] {
        assert!(!visit.dom.contains(element), "{element}");
    }
    let command = text(element(&visit.dom, "pre", "command"));
    assert!(command.contains(r"--age '<script>document.title='\''run'\''</script>'"), "{command}");
    assert!(command.contains("--purchases '<b>p&.csv'"), "{command}");
}

/// The command on the page makes the same page.
#[test]
fn the_command_on_the_page_makes_the_set_again() {
    let case = Case::small();
    fs::rename(case.path("c.csv"), case.path("our customers' list.csv")).expect("renamed");
    let output = case
        .spendfold()
        .args(["run", "-q", "-c", "our customers' list.csv", "-p", "p.csv", "p.csv", "-o", "out", "--threads", "3"])
        .args(["--age-groups", "All ages=0+", "--join", "left", "--currency", "€", "--chart-title", "It's $HOME"])
        .args(["--chunk-bytes", "7", "--sync", "--max-rejects", "50%", "--max-record-bytes", "1000"])
        .output()
        .expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", common::stderr_text(&output));
    let first = case.set();
    let page = case.read("out/report.html");
    let command = text(element(&page, "pre", "command"));
    for absent in ["threads", "chunk", "sync", "out"] {
        assert!(!command.contains(absent), "{command}");
    }
    let script = command.replacen("spendfold", common::PROGRAM, 1) + " --quiet --out-dir out";
    let again = case.other("bash").args(["-c", &script]).output().expect("bash");
    assert_eq!(again.status.code(), Some(0), "{}", common::stderr_text(&again));
    assert!(case.set() == first, "{command}");
}
