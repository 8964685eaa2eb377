//! Everything that nests or chains, and what makes the parser read twice.

use std::time::{Duration, Instant};

use super::{check, incomplete, project, survived};
use crate::support::write_project;

/// How deep.
const LEVELS: usize = 100_000;

/// A shape: what opens, what stands in the middle, what closes, and the ending of the file.
type Shape = (&'static str, &'static str, &'static str, &'static str);

/// Constructs that nest.
const NESTED: &[Shape] = &[
    ("js", "[", "1", "]"),
    ("js", "(", "1", ")"),
    ("js", "{", "", "}"),
    ("js", "x={a:", "1", "}"),
    ("js", "f(", "1", ")"),
    ("js", "function f(){", "", "}"),
    ("js", "f(function(){", "", "})"),
    ("js", "f(()=>{", "", "})"),
    ("js", "x=()=>(", "1", ")"),
    ("js", "!function(){", "", "}()"),
    ("js", "class A{m(){", "", "}}"),
    ("js", "class A{static{", "", "}}"),
    ("js", "x=class{a=", "1", "}"),
    ("js", "x=class extends ", "A", "{}"),
    ("js", "@a(", "1", ") class A{}"),
    ("js", "x=`${", "1", "}`"),
    ("js", "if(a){", "", "}"),
    ("js", "if(a)\n", ";", "\nelse;"),
    ("js", "while(a)\n", ";", ""),
    ("js", "for(;;)\n", ";", ""),
    ("js", "do ", ";", "while(a)"),
    ("js", "with(a)\n", ";", ""),
    ("js", "switch(a){case 1:", "", "}"),
    ("js", "try{", "", "}catch(e){}"),
    ("js", "let {a=", "1", "}={}"),
    ("js", "let [", "a", "]=b"),
    ("js", "({a:", "b", "})=>1"),
    ("js", "[...", "a", "]"),
    ("js", "import(", "'a'", ")"),
    ("js", "require(", "'a'", ")"),
    ("js", "new ", "a", "()"),
    ("js", "!", "a", ""),
    ("js", "- ", "a", ""),
    ("js", "typeof ", "a", ""),
    ("js", "await ", "a", ""),
    ("js", "a=>", "1", ""),
    ("js", "a=", "1", ""),
    ("js", "a?b:", "c", ""),
    ("js", "a?", "b", ":c"),
    ("js", "a:", ";", ""),
    ("js", "a**", "b", ""),
    ("js", "/*", "", ""),
    ("js", "a=/[;", "", ""),
    ("jsx", "<a>", "b", "</a>"),
    ("jsx", "<>", "b", "</>"),
    ("jsx", "<a b={", "1", "}/>"),
    ("jsx", "<a>{", "1", "}</a>"),
    ("jsx", "<a>", "", ""),
    ("ts", "type T={a:", "A", "}"),
    ("ts", "type T=A<", "A", ">"),
    ("ts", "type T=A<B,", "A", ">"),
    ("ts", "type T=(a:", "A", ")=>B"),
    ("ts", "type T=A extends B?", "C", ":D"),
    ("ts", "keyof ", "A", ""),
    ("ts", "namespace A{", "", "}"),
    ("ts", "x=<A>(", "a", ")"),
    ("ts", "(a as ", "A", ")"),
    ("ts", "a<", "b", ""),
];

/// Constructs that chain: what stands at the beginning, and what is repeated.
const CHAINED: &[(&str, &str, &str)] = &[
    ("js", "x=a", "+a"),
    ("js", "x=a", "+'a'+b"),
    ("js", "x=a", "\n&&a"),
    ("js", "x=a", "??a"),
    ("js", "x=a", ".b"),
    ("js", "x=a", "\n.b()"),
    ("js", "x=a", "?.b"),
    ("js", "x=a", "()"),
    ("js", "x=a", "[0]"),
    ("js", "x=a", ",a"),
    ("js", "x=a", "``"),
    ("js", "x=a", "/a"),
    ("js", "if(a){}", "else if(b){}"),
    ("js", "", "require('./app');\n"),
    ("js", "", "@a "),
    ("js", "", "// a\n"),
    ("js", "", "/* modleak-disable */"),
    ("js", "// modleak-disable-line ", "unbounded-growth, "),
    ("js", "", "\"\n"),
    ("js", "", "}"),
    ("js", "", "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n"),
    ("ts", "type T=A", "|A"),
    ("ts", "type T=A", "[]"),
    ("ts", "x=a", "!"),
    ("ts", "x=a", " as A"),
    ("ts", "", "function f():void;\n"),
];

/// What makes the parser try several readings, so that a few bytes take for ever.
const READ_TWICE: &[&str] = &[
    "({[(a<",
    "({[",
    "(a<",
    "a<(",
    "f<(",
    "<T>(",
    "<a>(",
    "(<",
    "(a:",
    "a?(b):c=>",
    "a?(b:",
    "async(",
    "async<T>(",
    "x<y>`${",
    "a<a<",
    "<a<a",
    "A<B<",
    "(a?(b)=>",
    "<div>{(a<",
    "class{[",
    "({a=",
    "(function(a=",
    "=><T>(",
];

fn padded(mut text: String) -> String {
    // Without line ends, a file would be taken for minified.
    text.push_str(&"\n".repeat(text.len() / 900 + 2));
    text
}

fn run(files: &[(String, String)]) -> (Duration, serde_json::Value) {
    let folder = project();
    write_project(folder.path(), files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let start = Instant::now();
    let report = survived(&check(folder.path(), &["--format", "json", "--threads", "2"]));
    (start.elapsed(), report)
}

#[test]
fn what_nests_and_chains_is_analysed_or_named() {
    let nested = NESTED.iter().enumerate().map(|(index, (ending, open, middle, close))| {
        let text = format!("{}{middle}{}", open.repeat(LEVELS), close.repeat(LEVELS));
        (format!("nested{index}.{ending}"), padded(text))
    });
    let chained = CHAINED.iter().enumerate().map(|(index, (ending, start, more))| {
        (format!("chained{index}.{ending}"), padded(format!("{start}{}", more.repeat(LEVELS))))
    });
    let files: Vec<(String, String)> = nested.chain(chained).collect();
    let (_, report) = run(&files);
    for (file, reason) in incomplete(&report) {
        let expected = ["too-deep", "syntax-error", "parse-budget", "limit"];
        assert!(expected.contains(&reason.as_str()), "{file}: {reason}");
    }
}

#[test]
fn classes_that_inherit_ten_thousand_times_end() {
    use std::fmt::Write as _;
    let mut text = String::from("class A0 { add(x) { this.list.push(x); } }\n");
    for index in 1..10_000 {
        writeln!(text, "class A{index} extends A{} {{}}", index - 1).expect("a text takes all");
    }
    run(&[("classes.js".to_owned(), text)]);
}

#[test]
fn what_the_parser_reads_twice_is_refused_before_it_is_read() {
    let endings = ["js", "ts", "tsx"];
    let mut files = Vec::new();
    for (index, unit) in READ_TWICE.iter().enumerate() {
        for ending in endings {
            for count in [7, 40, 1_000] {
                files.push((format!("twice{index}-{count}.{ending}"), padded(format!("x={}", unit.repeat(count)))));
            }
        }
    }
    let (took, report) = run(&files);
    let given_up = report["incomplete"]
        .as_array()
        .expect("a list")
        .iter()
        .any(|each| each["message"].as_str().is_some_and(|message| message.contains("takes too long")));
    assert!(!given_up, "the watch had to give a file up ({took:?}): {:?}", incomplete(&report));
}

#[test]
fn a_long_sum_is_looked_through_once() {
    let sum = format!("let x = '';\nexports.f = (a) => {{ x = {}a; }};\n", "a + 'b' + ".repeat(2_000));
    let (_, report) = run(&[("sum.js".to_owned(), padded(sum))]);
    assert_eq!(incomplete(&report), []);
}

/// The parser keeps an error for each two labels that are alike; what only looks like labels is fine.
#[test]
fn labels_nest_so_far_and_cases_follow_for_ever() {
    let labels = padded(format!("{};\n", "a:".repeat(3_000)));
    let cases = format!("switch (x) {{\n{}}}\n", "case 1:\n".repeat(3_000));
    let choices = padded(format!("x = {}1{};\n", "a ? ".repeat(1_500), " : 2".repeat(1_500)));
    let files = [("labels.js", labels), ("cases.js", cases), ("choices.js", choices)];
    let (_, report) = run(&files.map(|(name, text)| (name.to_owned(), text)));
    assert_eq!(incomplete(&report), [("labels.js".to_owned(), "too-deep".to_owned())]);
}
