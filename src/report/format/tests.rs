//! Each format on the report that has everything, and on an empty one.

use serde_json::Value;

use crate::report::format::{FORMATS, Format, Style, render};
use crate::report::sample::sample;
use crate::report::{Infos, Report};

pub(crate) fn rendered(report: &Report, format: &str, style: Style) -> String {
    let format: Format = format.parse().unwrap();
    let mut bytes = Vec::new();
    render(report, format, style, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn text(format: &str) -> String {
    rendered(&sample(), format, Style::default())
}

fn empty(format: &str) -> String {
    rendered(&Report::default(), format, Style::default())
}

fn json(format: &str) -> Value {
    serde_json::from_str(&text(format)).unwrap()
}

const ODD: &str = "a <b>&\"c\u{202e}, d:%.js";

#[test]
fn no_format_lets_harmful_characters_through() {
    for format in FORMATS {
        for report in [sample(), Report::default()] {
            let text = rendered(&report, format.name, Style::default());
            let harmful = |it: char| super::escape::is_harmful(it) && it != '\n';
            assert!(!text.contains(harmful), "{}: {text:?}", format.name);
        }
    }
}

#[test]
fn every_format_says_what_was_not_analysed() {
    for format in FORMATS {
        let text = text(format.name);
        assert!(text.contains("expected `;`") || text.contains("expected #96;#59;#96;"), "{}: {text}", format.name);
    }
}

#[test]
fn infos_are_counted_unless_they_are_asked_for() {
    for format in FORMATS.iter().filter(|it| !matches!(it.name, "json" | "sarif" | "mermaid")) {
        let style = Style { infos: Infos::Shown, ..Style::default() };
        let more = rendered(&sample(), format.name, style).matches("sample-growth").count();
        assert!(more > text(format.name).matches("sample-growth").count(), "{}", format.name);
    }
    assert_eq!(json("json")["diagnostics"].as_array().unwrap().len(), 3);
}

#[test]
fn an_unknown_format_is_answered_with_the_nearest() {
    assert_eq!("serif".parse::<Format>().unwrap_err().nearest, Some("sarif"));
    assert_eq!("xxxxxxxxx".parse::<Format>().unwrap_err().nearest, None);
}

#[test]
fn json_has_the_shape_that_is_promised() {
    let report = json("json");
    let it = &report["diagnostics"][0];
    assert_eq!(report["schemaVersion"], 1);
    assert_eq!(report["root"], "some/place");
    assert_eq!(it["range"]["start"], serde_json::json!({"line": 2, "column": 33, "offset": 80}));
    assert_eq!(it["container"]["rootedBy"], "required-module");
    assert_eq!(it["container"]["holder"], ODD);
    assert_eq!(it["context"]["kind"], "request");
    assert_eq!(it["steps"][0]["file"], ODD);
    assert_eq!(report["diagnostics"][1]["copiedFrom"]["file"], ODD);
    assert!(it.get("copiedFrom").is_none());
    assert_eq!(report["incomplete"][0]["reason"], "syntax-error");
    assert_eq!(serde_json::from_str::<Value>(&empty("json")).unwrap()["diagnostics"], serde_json::json!([]));
}

#[test]
fn sarif_has_flows_suppressions_and_notifications() {
    let log = json("sarif");
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["columnKind"]), (&"2.1.0".into(), &"utf16CodeUnits".into()));
    assert_eq!(run["results"].as_array().unwrap().len(), 4);
    let it = &run["results"][0];
    assert_eq!(it["ruleIndex"], 0);
    let flow = it["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(flow.len(), 3);
    let held = &flow[0]["location"]["physicalLocation"];
    assert_eq!(held["artifactLocation"]["uri"], "some/place/a%20%3Cb%3E%26%22c%E2%80%AE%2C%20d%3A%25.js");
    assert_eq!(held["region"]["startColumn"], 14);
    assert_eq!(it["relatedLocations"].as_array().unwrap().len(), 3);
    assert!(it["message"]["text"].as_str().unwrap().contains("[here](1)"));
    assert_eq!(it["suppressions"], serde_json::json!([]));
    let hidden = &run["results"][3]["suppressions"][0];
    assert_eq!(hidden, &serde_json::json!({"kind": "inSource", "justification": "a <reason> & more"}));
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["name"], "SampleGrowth");
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# A rule"));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(said["descriptor"]["id"], "syntax-error");
    serde_json::from_str::<Value>(&empty("sarif")).unwrap();
}

#[test]
fn sarif_keeps_the_most_severe_when_there_are_too_many() {
    let mut report = sample();
    let (error, warning) = (report.diagnostics[0].clone(), report.diagnostics[1].clone());
    report.diagnostics = vec![warning; 5000];
    report.diagnostics.push(error);
    let log: Value = serde_json::from_str(&rendered(&report, "sarif", Style::default())).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 5000);
    assert_eq!(log["runs"][0]["results"][0]["level"], "error");
    let said = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(said.last().unwrap()["message"]["text"], "2 results left out: a run shows 5000.");
}

#[test]
fn eslint_groups_messages_by_file() {
    let results = json("eslint");
    assert_eq!(results[0]["messages"][0]["ruleId"], Value::Null);
    let server = &results[1];
    assert_eq!((&server["filePath"], &server["errorCount"]), (&"some/place/src/server.js".into(), &1.into()));
    assert_eq!(server["messages"][0]["severity"], 2);
    assert_eq!(server["suppressedMessages"][0]["suppressions"][0]["justification"], "a <reason> & more");
    assert_eq!(empty("eslint"), "[]\n");
}

#[test]
fn gitlab_and_rdjson_have_what_their_readers_need() {
    let issues = json("gitlab");
    let issues = issues.as_array().unwrap();
    let prints: std::collections::BTreeSet<&str> =
        issues.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((issues.len(), prints.len()), (3, 3));
    assert_eq!(
        issues[0]["location"],
        serde_json::json!({"path": "some/place/src/server.js", "lines": {"begin": 2, "end": 2}})
    );
    assert_eq!(empty("gitlab"), "[]\n");
    let rd = json("rdjson");
    // In bytes, of which the face takes four.
    assert_eq!(rd["diagnostics"][0]["location"]["range"]["start"], serde_json::json!({"line": 2, "column": 35}));
    assert_eq!(rd["diagnostics"][0]["severity"], "ERROR");
    assert_eq!(serde_json::from_str::<Value>(&empty("rdjson")).unwrap()["diagnostics"], serde_json::json!([]));
}

#[test]
fn github_commands_can_not_be_broken_out_of() {
    let text = text("github");
    assert_eq!(text.lines().count(), 3);
    for line in text.lines() {
        assert_eq!(line.matches("::").count(), 2, "{line}");
    }
    assert!(text.starts_with(
        "::error file=some/place/src/server.js,line=2,endLine=2,col=33,endColumn=58,title=modleak%3A sample-growth::"
    ));
    assert!(text.contains("file=some/place/a <b>&\"c\\u{202e}%2C d%3A%25.js,line=1"), "{text}");
    assert_eq!(empty("github"), "");
}

#[test]
fn xml_is_well_formed() {
    for format in ["junit", "checkstyle"] {
        for text in [text(format), empty(format)] {
            well_formed(&text);
        }
    }
    assert!(empty("junit").contains("tests=\"1\" failures=\"0\"") && empty("junit").contains("<testcase"));
    assert!(text("junit").contains("tests=\"3\" failures=\"2\""));
    assert!(text("checkstyle").contains("<file name=\"some/place/a &lt;b&gt;&amp;&quot;c\\u{202e}, d:%.js\">"));
}

#[test]
fn html_is_whole_in_itself() {
    let text = text("html");
    for outside in ["http://", "https://", "<script", "<link", "url(", "@import", " style=", " on"] {
        let body = text.split("</style>").nth(1).unwrap();
        let head = text.split("<style").next().unwrap();
        assert!(!head.contains(outside), "{outside}");
        // English has the word, too.
        assert!(outside == " on" || !body.contains(outside), "{outside}");
    }
    assert!(text.contains("default-src 'none'") && text.contains("id=\"show-rule-sample-growth\" checked"));
    assert!(text.contains("<mark>seen.set(req.id"));
    let body = text.split("<body>").nth(1).unwrap().split("</body>").next().unwrap();
    well_formed(&body.replace("checked>", "/>"));
    assert!(text.contains("State that outlives a call") && text.contains("and at 2 other places"));
    assert!(empty("html").contains("There are no findings."));
}

#[test]
fn lines_are_lines() {
    assert_eq!(text("concise").lines().count(), 3);
    assert_eq!(text("unix").lines().count(), 3);
    assert!(text("unix").contains("some/place/src/server.js:2:33: ") && text("unix").contains("[Error/sample-growth]"));
    assert_eq!(text("agent").lines().count(), 4);
    assert_eq!(empty("agent"), "no findings in 0 files\n");
    assert_eq!((empty("unix"), empty("concise")), (String::new(), String::new()));
}

#[test]
fn mermaid_draws_places_once() {
    let text = text("mermaid");
    assert!(
        text.starts_with("flowchart TB\n  subgraph f0 [\"a #60;b#62;#38;#34;c#92;u#123;202e#125;, d:#37;.js\"]"),
        "{text}"
    );
    assert_eq!(text.matches("a Map").count() + text.matches("a #96;Map#96;").count(), 1, "{text}");
    assert_eq!(empty("mermaid"), "flowchart TB\n  none[\"no findings\"]\n");
}

/// Elements close in the order in which they open, attributes are quoted, and no `<` or bare `&` is left in text.
fn well_formed(text: &str) {
    let mut open = Vec::new();
    let mut rest = text.split_once("?>").map_or(text, |it| it.1);
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "{text}");
        let tag = &rest[at + 1..rest.find('>').unwrap()];
        rest = &rest[at + tag.len() + 2..];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_end_matches('/').split_whitespace().next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{text}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty());
    for entity in text.split('&').skip(1) {
        let name = entity.split(';').next().unwrap();
        assert!(matches!(name, "amp" | "lt" | "gt" | "quot" | "#39"), "{name}");
    }
}
