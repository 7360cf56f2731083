//! Following each hint word for word leads to a published set.

use crate::common::{CUSTOMERS, Case, PURCHASES, stderr_text};
use std::fs;
use std::process::Output;

/// The most hints that are followed one after the other.
const MAX_STEPS: usize = 4;

/// Someone who runs the program and follows its hints.
struct Person<'a> {
    case: &'a Case,
    args: Vec<String>,
    /// Values that no message can know, by the option that asks for them.
    knows: &'a [(&'a str, &'a str)],
    /// What was done so far.
    done: Vec<&'static str>,
}

impl<'a> Person<'a> {
    fn new(case: &'a Case, args: &[&str], knows: &'a [(&'a str, &'a str)]) -> Self {
        Self { case, args: args.iter().map(|arg| (*arg).to_owned()).collect(), knows, done: vec![] }
    }

    fn run(&self) -> Output {
        self.case.spendfold().args(&self.args).output().expect("starts")
    }

    /// Follows hints until a set is published. Returns what was done.
    #[track_caller]
    fn follow(mut self) -> Vec<&'static str> {
        for _ in 0..=MAX_STEPS {
            let output = self.run();
            let text = stderr_text(&output);
            if output.status.code() == Some(0) {
                let out = self.value("-o").unwrap_or("results").to_owned();
                assert_eq!(
                    self.case.spendfold().args(["verify", "-q", &out]).status().expect("starts").code(),
                    Some(0)
                );
                return self.done;
            }
            let before = (self.args.clone(), self.done.len());
            text.lines().for_each(|line| self.obey(line, &text));
            assert!(self.done.len() > before.1, "no hint in {:?}:\n{text}", self.args);
        }
        panic!("still no set after {:?}: {:?}", self.done, self.args);
    }

    /// Does what a line asks for, if it is a hint. `text` is the whole message.
    fn obey(&mut self, line: &str, text: &str) {
        let path = text.split(':').next().unwrap_or_default().to_owned();
        // The longest wording first: one action for each line.
        if let Some(command) = line.split_once("first: ").map(|(_, command)| command) {
            self.done.push("convert");
            let ran = self.case.other("sh").args(["-c", command]).status().expect("sh runs");
            assert!(ran.success(), "{command}");
            let (before, converted) = command.rsplit_once(" > ").expect("a redirection");
            let source = before.rsplit(' ').next().expect("a file");
            let converted = converted.to_owned();
            assert!(self.args.iter().any(|arg| arg == source), "{command}");
            self.args.iter_mut().filter(|arg| *arg == source).for_each(|arg| *arg = converted.clone());
        } else if let Some((_, option)) = line.split_once("; try ").or_else(|| line.split_once(" is meant: ")) {
            self.done.push("try");
            self.add_words(option);
        } else if let Some((wrong, right)) = line.strip_prefix("try ").and_then(|rest| rest.split_once(';')) {
            self.done.push("spell");
            let said = text.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default();
            assert!(right.contains("--help"));
            self.args.iter_mut().filter(|arg| *arg == said).for_each(|arg| *arg = wrong.to_owned());
        } else if let Some((_, option)) = line.split_once(" use --").filter(|_| line.contains("encoding ")) {
            self.done.push("use");
            self.add_words(&format!("--{option}"));
        } else if let Some((_, option)) = line.split_once(": to allow that, use ") {
            self.done.push("match");
            self.args.push(option.to_owned());
        } else if let Some((_, option)) = line.split_once("leave them out with ") {
            self.done.push("leave out");
            self.add_words(option);
        } else if let Some((_, rest)) = line.split_once("run again (") {
            self.done.push("allow");
            self.add_words(rest.split(" would allow this").next().unwrap_or_default());
        } else if line.starts_with("--strict stops") {
            self.done.push("not strict");
            self.args.retain(|arg| arg != "--strict");
        } else if let Some((_, rest)) = line.split_once("leave out --no-clobber") {
            self.done.push("clobber");
            assert!(rest.contains("choose another --out-dir"));
            self.args.retain(|arg| arg != "--no-clobber");
        } else if line.contains("choose another --out-dir") {
            self.done.push("elsewhere");
            self.set("-o", "elsewhere");
        } else if line == "give one of the two" {
            self.done.push("one of two");
            let first = text.split(' ').next().expect("an option").to_owned();
            self.args.retain(|arg| *arg != first);
        } else if line.starts_with("give each run only purchases files with the same ") {
            self.done.push("same headers");
            self.args.retain(|arg| *arg != path);
        } else if line == "name the inputs with --customers and --purchases" {
            self.done.push("inputs");
            self.args.extend(["--customers", "c.csv", "--purchases", "p.csv"].map(str::to_owned));
        } else if let Some((_, example)) = line.split_once(", such as \"") {
            self.done.push("example");
            self.set("--age-groups", example.trim_end_matches('"'));
        } else if line.starts_with("give a number of records such as ") {
            self.done.push("example");
            let example = line.trim_start_matches("give a number of records such as ").split(',').next();
            self.set("--max-rejects", example.expect("a number"));
        } else if let Some((_, examples)) = line.split_once("or a format and a level, such as ") {
            self.done.push("example");
            self.set("--compress", examples.split(' ').next().expect("an example"));
        } else if let Some((option, value)) = self.knows.iter().find(|(option, _)| line.contains(option)) {
            self.done.push("known");
            match *value {
                "" => self.args.push((*option).to_owned()),
                value => self.args.extend([(*option).to_owned(), value.to_owned()]),
            }
        }
    }

    /// Adds options with their values, which may be quoted as for a shell. An option that is given already gets the new value.
    fn add_words(&mut self, words: &str) {
        let unquoted = |word: &'_ str| match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(inside) => inside.to_owned(),
            None => word.trim_matches('\'').to_owned(),
        };
        let words: Vec<String> = words.split(' ').map(unquoted).collect();
        for pair in words.chunks(2) {
            let [option, value] = pair else { panic!("an option without a value: {pair:?}") };
            let short = if option == "--delimiter" { "-d" } else { option };
            match self.args.iter().position(|arg| arg == option || arg == short) {
                Some(place) => self.args[place + 1] = value.clone(),
                None => self.args.extend([option.clone(), value.clone()]),
            }
        }
    }

    fn value(&self, option: &str) -> Option<&str> {
        let place = self.args.iter().position(|arg| arg == option)?;
        self.args.get(place + 1).map(String::as_str)
    }

    fn set(&mut self, option: &str, value: &str) {
        let place = self.args.iter().position(|arg| arg == option).expect("the option is given");
        self.args[place + 1] = value.to_owned();
    }
}

const RUN: [&str; 8] = ["run", "-q", "-c", "c.csv", "-p", "p.csv", "-o", "out"];

/// What is done to get a set from these inputs.
#[track_caller]
fn steps(customers: impl AsRef<[u8]>, purchases: impl AsRef<[u8]>, args: &[&str], knows: &[(&str, &str)]) -> String {
    let case = Case::new(customers, purchases);
    Person::new(&case, &[&RUN[..], args].concat(), knows).follow().join(", ")
}

fn semicolons(text: &str) -> String {
    text.replace(',', ";")
}

fn utf_16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

const C: &str = "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n2,Alan,Turing,18\n";
const P: &str = "customer_id,product,price\n1,Pen,0.10\n2,Ink,2\n";

#[test]
fn hints_on_delimiters_lead_to_a_set() {
    // Delimiters are found for each side, so these need no hint.
    assert_eq!(steps(semicolons(C), semicolons(P), &[], &[]), "");
    assert_eq!(steps(C.replace(',', "\t"), P.replace(',', "|"), &[], &[]), "");
    assert_eq!(steps(format!("sep=;\r\n{}", semicolons(C)), P, &[], &[]), "");
    let quoted = "\"customer_id\";\"first_name\";\"last_name\";\"age\"\n1;A;B;3\n";
    assert_eq!(steps(quoted, P, &[], &[]), "");
    // Delimiters that are given may be wrong for one side or for both.
    assert_eq!(steps(C, P, &["-d", ";"], &[]), "try, try");
    assert_eq!(steps(C, semicolons(P), &["-d", ","], &[]), "try");
    assert_eq!(steps(C.replace(',', "\t"), semicolons(P), &["-d", "tab"], &[]), "try");
    assert_eq!(steps(quoted, P, &["-d", ","], &[]), "try");
    assert_eq!(steps(C.replace("customer_id", "id").replace(',', ";"), P, &[], &[("--customers-key", "id")]), "known");
}

#[test]
fn files_of_other_dialects_give_the_same_values() {
    let (quoted, same) = (
        "customer_id;product;price\n1;\"Pen; \"\"blue\"\", black\";0.10\n2;\"a\nb\";2\n",
        "customer_id,product,price\n1,\"Pen; \"\"blue\"\", black\",0.10\n2,\"a\nb\",2\n",
    );
    let customers = C.replace("Byron", "\"By; \"\"r\"\", on\"");
    let values = |purchases: &str, delimiter| {
        let case = Case::new(&customers, purchases);
        assert_eq!(case.ran(&[]).status.code(), Some(0));
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).from_path(case.path("out/combined_data.csv"));
        let records = reader.expect("combined data").into_records();
        records.map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect::<Vec<Vec<_>>>()
    };
    assert_eq!(values(quoted, b';'), values(same, b','));
}

#[test]
fn hints_on_columns_lead_to_a_set() {
    let names = [("--customers-key", "id"), ("--age", "years"), ("--amount", "cost")];
    let (customers, purchases) = (C.replace("customer_id", "id").replace("age", "years"), P.replace("price", "cost"));
    assert_eq!(steps(customers, purchases, &[], &names), "known, known, known");
    assert_eq!(steps(C.replace("last_name", "Last_Name").replace("age", "AGE"), P, &[], &[]), "try, try");
    assert_eq!(steps(C, P.replace("product", "price"), &[], &[("--amount", "customer_id")]), "known");
    // Every name of the customers must be unique, so that naming another column would not help.
    let case = Case::new(C.replace("last_name", "age"), P);
    assert!(stderr_text(&case.ran(&["--last-name", "first_name"])).ends_with(
        "
rename one of the two
"
    ));
    assert_eq!(steps(C, "price\n1\n", &["--purchases-key", "price"], &[]), "leave out");
    let case = Case::new(C, P);
    case.write("q.csv", "customer_id,price\n1,2\n");
    let args = ["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"];
    assert_eq!(Person::new(&case, &args, &[]).follow(), ["same headers"]);
    case.write("q.csv", "customer_id,price,product\n1,2,Cup\n");
    assert_eq!(Person::new(&case, &args, &[]).follow(), ["match"]);
}

#[test]
fn hints_on_files_lead_to_a_set() {
    assert_eq!(steps(C, utf_16(P), &[], &[]), "");
    assert_eq!(steps(C, &utf_16(P)[2..], &[], &[]), "use");
    assert_eq!(steps(C, utf_16(P), &["--purchases-encoding", "utf-16be"], &[]), "use");
    assert_eq!(steps(C, P.replace('\n', "\r\r\n"), &[], &[]), "convert");
    assert_eq!(steps(C, P.replace('\n', "\r"), &[], &[]), "convert");
    let quoting = [("--purchases-no-quoting", "")];
    assert_eq!(steps(C, "customer_id,\"a\"b,price\n1,2,3\n", &[], &quoting), "known");
    assert_eq!(steps(C, P.to_owned() + "2,\"Ink,0.20\n", &[], &quoting), "known");
    assert_eq!(steps(C, "customer_id,product,price\n1,Pen,0.10,\n2,Ink,2,\n", &[], &[]), "try, allow");
    assert_eq!(steps(C.replace(",18", "").replace(",36", ""), P, &[], &[]), "try, allow");
    assert_eq!(steps(C, "customer_id,product,price\n1,'Pen, blue',0.10\n", &[], &[]), "try, allow");
    // A backslash before the quote that seems to close a field.
    assert_eq!(steps(C, "customer_id,\"a\\\" b\",price\n1,2,3\n", &[], &[]), "try");
    assert_eq!(steps(C, P.replace("Pen", "\"5\\\" nail\""), &[], &[]), "try, allow");
    let customers = C.replace("Ada", "\"A \\\"d\\\" a\"");
    assert_eq!(steps(customers, P, &["--over-limit", "discard"], &[]), "try, allow");
    // A record that is right takes another limit, which only the user knows.
    let case = Case::new(C, format!("{P}1,{},2\n", "x".repeat(100)));
    let text = stderr_text(&case.ran(&["--max-record-bytes", "60"]));
    assert!(text.ends_with("\nif that is right, allow it with --max-record-bytes\n"), "{text}");
    assert_eq!(case.ran(&["--max-record-bytes", "1K"]).status.code(), Some(0));
}

#[test]
fn hints_on_headers_lead_to_a_set() {
    // A title, a report with a quote that never closes, a `sep=` line that was quoted, and rows of a spreadsheet.
    for preamble in ["Purchases of March\n\n", "Report \"of; March\n\"As of: \n", "\"sep=;\"\n", ",,\n,,\n"] {
        assert_eq!(steps(C, format!("{preamble}{P}"), &[], &[]), "try", "{preamble}");
        assert_eq!(steps(format!("{preamble}{}", semicolons(C)), P, &[], &[]), "try", "{preamble}");
    }
    let single = |text: &str| text.replace(',', "','").replace('\n', "'\n'").trim_end_matches('\'').to_owned();
    assert_eq!(steps(C, format!("'{}", single(P)), &[], &[]), "try");
    assert_eq!(steps(format!("'{}", single(&semicolons(C)).replace(';', "';'")), P, &[], &[]), "try");
    let blanks = [("--purchases-skip-initial-space", "")];
    let quoted = "\"customer_id\", \"product\", \"price\"\n\"1\", \"Pen\", \"0.10\"\n";
    assert_eq!(steps(C, quoted, &[], &blanks), "known");
    assert_eq!(steps(C, format!("Report\n{quoted}"), &[], &blanks), "try, known");
    assert_eq!(steps(C, P.replace(',', ", "), &[], &blanks), "known");
    // A preamble before names that need another option.
    let before = |header: &str| format!("Report\n{}{header}", "\n".repeat(100));
    assert_eq!(steps(C, before(&format!("'{}", single(P))), &[], &[]), "try, try");
    assert_eq!(steps(C, before(&P.replace("price", "Price")), &[], &[]), "try, try");
    assert_eq!(steps(C, before(&semicolons(P)), &["-d", ","], &[]), "try, try");
    assert_eq!(steps(C, before(&P.replace(',', ", ")), &[], &blanks), "try, known");
    // Names that are not known to the program.
    let names = [("--purchases-skip-lines", "1"), ("--amount", "cost")];
    assert_eq!(steps(C, format!("Report\n{}", P.replace("price", "cost")), &[], &names), "known, known");
    let columns = [("--purchases-no-header", ""), ("--purchases-columns", "customer_id,product,price")];
    assert_eq!(steps(C, "1,Pen,0.10\n2,Ink,2\n", &[], &columns), "known, known");
    assert_eq!(steps(C, "'1','Pen','0.10'\n'2','Ink, red','2'\n", &[], &columns), "known, known, try, allow");
    let said = stderr_text(&Case::new(C, "1;12,50\n2;7,25\n").ran(&[]));
    assert!(said.contains("and its delimiter with --purchases-delimiter if that is not ','"), "{said}");
    assert_eq!(steps(C, "1;Pen;0.10\n2;Ink;2\n", &[], &columns), "known, known, try, allow");
}

/// A fault that several files of a side share, such as a preamble or a missing column, is reported once.
#[test]
fn hints_on_several_files_are_given_once() {
    let case = Case::new(C, format!("Page 1\n{P}"));
    case.write("q.csv", format!("Page 2\n{P}"));
    let args = ["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"];
    let said = stderr_text(&case.spendfold().args(args).output().expect("starts"));
    assert_eq!(said.lines().count(), 2, "{said}");
    assert_eq!(Person::new(&case, &args, &[]).follow(), ["try"]);
    case.write("p.csv", "customer_id\n1\n");
    case.write("q.csv", "customer_id\n1\n");
    let said = stderr_text(&case.spendfold().args(args).output().expect("starts"));
    assert_eq!(said.lines().count(), 2, "{said}");
}

/// Options that help one file may lose records of another one.
#[test]
fn no_option_is_named_that_fits_one_file_only() {
    let case = Case::new(C, format!("Report\n\n{P}"));
    case.write("q.csv", P);
    let args = ["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"];
    let said = stderr_text(&case.spendfold().args(args).output().expect("starts"));
    assert!(said.contains("line 3 has the names of the columns") && !said.contains("--"), "{said}");
    case.write("p.csv", P);
    assert_eq!(Person::new(&case, &args, &[]).follow().len(), 0);
}

/// A header that is found further down repeats the first one, which has another fault: no record may be skipped.
#[test]
fn repeated_headers_are_not_taken_for_the_first() {
    for (text, args, total) in [
        (P.replace(',', ", "), &[][..], "known"),
        (P.replace("price", "Price"), &[], "try"),
        (semicolons(P), &["-d", ","], "try"),
        (format!("sep=;\n{P}"), &[], "try"),
    ] {
        let case = Case::new(C, text.clone() + "customer_id,product,price\n1,Cup,4\n");
        let knows = [("--purchases-skip-initial-space", "")];
        let args = [&RUN[..], args, &["--max-rejects", "100%"]].concat();
        assert_eq!(Person::new(&case, &args, &knows).follow().join(", "), total, "{text}");
        let rows = case.read("out/combined_data.csv");
        assert!(rows.contains("Pen") && rows.contains("Ink"), "{text}: {rows}");
    }
}

/// Options apply to all files of a side, so the hint for a later file is to change the file.
#[test]
fn hints_on_later_files_say_what_to_change() {
    let case = Case::new(C, P);
    for (text, hint) in [
        (format!("Report\n\n{P}"), "line 3 has the names of the columns"),
        ("'price'\n'1'\n".to_owned(), "write the names and values of this one as in the others"),
        ("1,Pen,2\n".to_owned(), "write this file as the others, with a header"),
    ] {
        case.write("q.csv", &text);
        let said = stderr_text(
            &case
                .spendfold()
                .args(["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"])
                .output()
                .expect("starts"),
        );
        assert!(said.contains(hint) && !said.contains("; try "), "{text}: {said}");
    }
}

/// Adding empty fields to parts of records would publish wrong records.
#[test]
fn padding_is_not_suggested_for_parts_of_records() {
    let said = |customers: &str, purchases: &str, args: &[&str]| {
        let case = Case::new(customers, purchases);
        let output = case.ran(args);
        assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
        stderr_text(&output)
    };
    // Line breaks in values without quotes.
    let text = said(C, "customer_id,price,note,shop\n1,2,red\nand blue,A\n2,3,good\nbut dear,B\n", &[]);
    assert!(text.contains("a value without quotes may contain a line break") && !text.contains("ragged"), "{text}");
    let text = said("customer_id,first_name,last_name,age,x\n1,Ada,Byron\nKing,36,y\n2,Al\nan,Turing,18,y\n", P, &[]);
    assert!(text.contains("a value without quotes may contain a line break") && !text.contains("ragged"), "{text}");
    let columns = ["--purchases-no-header", "--purchases-columns", "customer_id,product,price"];
    let case = Case::new(C, "1;Pen;12,50\n2;Ink;3,00\n");
    let text = stderr_text(&case.ran(&columns));
    assert!(text.contains("2 records with another delimiter; try --purchases-delimiter ';'"), "{text}");
    let text = said(C, &P.replace("2,Ink", "# page 2\n2,Ink").replace("1,Pen", "# page 1\n1,Pen"), &[]);
    assert!(text.contains("try --purchases-comment '#'"), "{text}");
    // A value, a decimal comma, half a record that looks whole, one apostrophe.
    let kept = |purchases: &str, text: &str| {
        let said = said(C, purchases, &[]);
        assert!(said.contains(text) && !said.contains("; try "), "{said}");
    };
    kept("name,customer_id,price\n#1001,1,12.50\n#1002,2,7.25,a\n", "");
    kept("customer_id,price,note\n1,12,50,\n2,7,25,\n", "a value without quotes may contain the delimiter");
    kept("customer_id,price,note,qty\n1,12,50\n2,7,25\n", "too few fields");
    kept("customer_id,price,note,qty\n1,12.50,hello\nworld,5\n2,7.25,x,1\n", "expected 4 fields, found 2: world,5");
    kept("customer_id,price,note\n1,12.50,'tis nice, really\n2,4,the boys'\n", "too many fields");
    kept("customer_id,price,note\n1,'12.50',a\n2,7,'tis\n1,4,ok'\n", "");
    // An option that helps two patterns is named once.
    let quoted = "customer_id,product,price\n1,'Pen, blue',0.10\n2,'Ink','2'\n";
    assert_eq!(said(C, quoted, &[]).matches("try --purchases-quote").count(), 1);
}

#[test]
fn hints_on_limits_lead_to_a_set() {
    let dirty = P.to_owned() + "2,Bad,x\n9,Lost,1\n";
    assert_eq!(steps(C, &dirty, &[], &[]), "allow");
    assert_eq!(steps(C, &dirty, &["--max-unmatched", "0"], &[]), "allow");
    assert_eq!(steps(C, &dirty, &["--over-limit", "discard"], &[]), "allow");
    assert_eq!(steps(C, &dirty, &["--strict"], &[]), "not strict, allow");
    assert_eq!(steps(C, &dirty, &["--max-rejects", "few"], &[]), "example");
}

#[test]
fn hints_on_options_lead_to_a_set() {
    assert_eq!(steps(CUSTOMERS, PURCHASES, &["--no-clober"], &[]), "spell");
    assert_eq!(steps(CUSTOMERS, PURCHASES, &["--age-groups", "Young"], &[]), "example");
    assert_eq!(steps(CUSTOMERS, PURCHASES, &["--compress", "bzip2"], &[]), "example");
    assert_eq!(steps(CUSTOMERS, PURCHASES, &["--compress", "gz:10"], &[]), "example");
    assert_eq!(steps(CUSTOMERS, PURCHASES, &["--no-combined", "--compress", "zst"], &[]), "one of two");
    let case = Case::small();
    assert_eq!(Person::new(&case, &["run", "-q", "-o", "out"], &[]).follow(), ["inputs"]);
}

#[test]
fn hints_on_output_directories_lead_to_a_set() {
    let follow = |make: &dyn Fn(&Case), args: &[&str]| {
        let case = Case::small();
        fs::create_dir(case.path("out")).expect("made");
        make(&case);
        Person::new(&case, &[&RUN[..], args].concat(), &[]).follow().join(", ")
    };
    assert_eq!(follow(&|case| case.write("out/rejects.csv", ""), &["--no-clobber"]), "clobber");
    assert_eq!(follow(&|case| case.write("out/report.json", "{}"), &[]), "elsewhere");
    assert_eq!(follow(&|case| fs::create_dir(case.path("out/rejects.csv")).expect("made"), &[]), "elsewhere");
    assert_eq!(follow(&|case| case.write("out/held", ""), &[]), "elsewhere");
    assert_eq!(
        follow(&|case| drop(fs::remove_dir(case.path("out")).map(|()| case.write("out", ""))), &[]),
        "elsewhere"
    );
    let hold = |case: &Case| {
        case.write("p.csv", "customer_id,price\n1,x\n");
        assert_eq!(case.ran(&[]).status.code(), Some(3));
        case.write("p.csv", PURCHASES);
    };
    assert_eq!(follow(&hold, &["--no-clobber"]), "clobber");
    let input_inside = |case: &Case| {
        hold(case);
        case.write("p.csv", "");
        fs::remove_file(case.path("p.csv")).expect("removed");
        std::os::unix::fs::symlink("out/held/combined_data.csv", case.path("p.csv")).expect("linked");
    };
    assert_eq!(follow(&input_inside, &[]), "elsewhere");
}

/// The commands in backticks and after a colon are complete.
#[test]
fn commands_in_hints_run() {
    let held = || {
        let case = Case::new(C, P.to_owned() + "2,Bad,x\n");
        let output = case.ran(&[]);
        assert_eq!(output.status.code(), Some(3));
        (case, stderr_text(&output))
    };
    let run = |case: &Case, command: &str| {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "spendfold");
        let output = case.spendfold().args(&words[1..]).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr_text(&output));
    };
    let (case, text) = held();
    run(&case, text.trim_end().rsplit(": ").next().expect("a command"));
    run(&case, "spendfold verify out");
    let (case, _) = held();
    let text = stderr_text(&case.spendfold().args(["verify", "out"]).output().expect("starts"));
    let commands: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    assert_eq!(commands.len(), 2, "{text}");
    commands.into_iter().for_each(|command| run(&case, command));
    run(&case, "spendfold verify out");
}
