//! The format's corners, and what the embedded files must know.

use std::path::Path;

use super::facts::{Arguments, Effect, ParamFacts, PathId, Position, ResultFacts, Step};
use super::{Models, parse};
use crate::base::finding::ContextKind;

fn one(text: &str) -> Result<Models, String> {
    parse(&[("m.jsonc", text)]).map_err(|error| error.to_string())
}

fn walk(models: &Models, root: Option<PathId>, steps: &[Step<'_>]) -> Option<PathId> {
    steps.iter().try_fold(root?, |at, &step| models.step(at, step))
}

const SMALL: &str = r##"{
  "see": "https://example.com/", // comments are allowed
  "define": {"handler": {"calls": {"at": "1..", "runs": "repeat", "context": "request", "params": ["#Req", null, "request"]}}},
  "packages": {
    "{alpha,@types/alpha}": {
      "{(),Router()}.{get,post}": ["handler", {"returns": "receiver"}],
      "Router": {"like": "()"},
      "#Req": {"value": "request", "like": "beta Emitter.new()"},
      "#Req.app": {"value": "shared"}
    },
    "beta": {
      "Emitter.new().on": {"does": {"listen": "1"}, "returns": "receiver"},
      "Emitter.new().on.x": {"value": "time"}
    }
  },
  "aliases": {"alpha.*": "beta *", "alpha-*-x": "alpha"},
  "globals": {"clock.now": {"returns": "time"}}
}"##;

#[test]
fn paths_links_and_aliases_lead_to_facts() {
    let models = one(SMALL).unwrap();
    let get =
        walk(&models, models.package("@types/alpha"), &[Step::Member("Router"), Step::Return, Step::Member("get")]);
    let facts = models.facts(get.unwrap());
    assert_eq!(facts.label, "alpha.Router().get");
    let call = facts.call.as_ref().unwrap();
    assert!(matches!(call.result, ResultFacts::Receiver));
    assert_eq!(call.callbacks[0].argument, Arguments::From(1));
    assert_eq!(call.callbacks[0].position, Position::Repeat);
    assert_eq!(call.callbacks[0].context, Some(ContextKind::Request));
    let request = models.type_named("@types/alpha", "Req").unwrap();
    assert_eq!(call.callbacks[0].params[0], (0, ParamFacts::Path(request)));
    assert_eq!(call.callbacks[0].params[1].0, 2);
    let on = models.step(request, Step::Member("on")).unwrap();
    assert!(matches!(models.facts(on).call.as_ref().unwrap().effects[0], Effect::Listen { .. }));
    assert!(models.facts(models.step(request, Step::Member("app")).unwrap()).value.is_shared);
    assert_eq!(models.package("alpha-any-x"), models.package("alpha"));
    assert_eq!(models.package("alpha.emitter"), walk(&models, models.package("beta"), &[Step::Member("Emitter")]));
    assert_eq!(walk(&models, models.package("beta"), &[Step::Member("default")]), models.package("beta"));
    assert_eq!(walk(&models, models.global("globalThis"), &[Step::Member("clock")]), models.global("clock"));
    assert_eq!(
        models.type_named("beta", "Emitter"),
        walk(&models, models.package("beta"), &[Step::Member("Emitter"), Step::Instance])
    );
}

#[test]
fn faults_are_told_with_place_and_nearest_word() {
    let cases = [
        (
            "{\"see\": \"https://x.y\", \"package\": {}}",
            "m.jsonc:1:24: unknown model file key `package`: did you mean `packages`?",
        ),
        ("{\n \"see\": 1}", "m.jsonc:2:9: see must be a string or an array of strings"),
        (
            "{\"packages\": {\"p\": {\"a\": {\"calls\": {\"at\": 0, \"in\": \"routes.[].run\", \"runs\": \"sync\"}}}}}",
            "m.jsonc:1:52: in: `routes.[].run` is no way inside an argument: `[]` can not stand there",
        ),
        (
            "{\"see\": \"https://x.y\",\n\"packages\": {\"p\": {\"a\": {\"calls\": {\"at\": 0, \"runs\": \"repaet\"}}}}}",
            "m.jsonc:2:53: `runs` can not be `repaet`: did you mean `repeat`?",
        ),
        (
            "{\"see\": \"https://x.y\",\n\"packages\": {\"p\": {\"a\": {\"returns\": \"#Requst\"}, \"#Request\": {}}}}",
            "m.jsonc:2:37: `#Requst` leads nowhere: did you mean `Request` of `p`?",
        ),
        (
            "{\"see\": \"https://x.y\",\n\"packages\": {\"p\": {\"a\": {\"returns\": \"time\"}, \"{a,b}\": {\"returns\": \"time\"}}}}",
            "m.jsonc:2:46: `p.a` is described already, on line 2",
        ),
        (
            "{\"see\": \"https://x.y\", \"packages\": {\"p\": {\"a..b\": {}}}}",
            "m.jsonc:1:43: `a..b` is no path: `.b` can not stand there",
        ),
        (
            "{\"see\": \"https://x.y\", \"packages\": {\"p\": {\"a\": \"handlr\"}}, \"define\": {\"handler\": {}}}",
            "m.jsonc:1:48: unknown name of `define` `handlr`: did you mean `handler`?",
        ),
    ];
    let told: Vec<String> = cases.iter().map(|(text, _)| one(text).unwrap_err()).collect();
    let expected: Vec<&str> = cases.iter().map(|&(_, expected)| expected).collect();
    assert_eq!(told, expected);
}

#[test]
fn later_files_replace_earlier_ones() {
    let text = |returns: &str| {
        format!("{{\"see\": \"https://x.y\", \"packages\": {{\"p\": {{\"f\": {{\"returns\": \"{returns}\"}}}}}}}}")
    };
    let models = parse(&[("a", &text("time")), ("b", &text("receiver"))]).unwrap();
    let f = walk(&models, models.package("p"), &[Step::Member("f")]).unwrap();
    assert!(matches!(models.facts(f).call.as_ref().unwrap().result, ResultFacts::Receiver));
}

#[test]
fn circles_of_likes_end() {
    let text = r#"{"see": "https://x.y", "packages": {"p": {"a": {"like": "b"}, "b": {"like": "a"}, "a.c": {"value": "time"}}}}"#;
    let models = one(text).unwrap();
    assert!(walk(&models, models.package("p"), &[Step::Member("b"), Step::Member("c")]).is_some());
    assert!(walk(&models, models.package("p"), &[Step::Member("b"), Step::Member("d")]).is_none());
}

fn embedded() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/models");
    let mut files: Vec<(String, String)> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jsonc"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn embedded_models() -> Models {
    let files = embedded();
    let sources: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    parse(&sources).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_embedded_file_is_listed_and_parses() {
    let list = include_str!("../../rules/models/mod.rs");
    let files = embedded();
    for (name, _) in &files {
        assert!(
            list.contains(&format!("(\"{name}\", include_str!(\"{name}\"))")),
            "{name} is not in rules/models/mod.rs"
        );
    }
    assert_eq!(list.matches("include_str!(").count(), files.len());
    embedded_models();
}

fn facts_of<'m>(models: &'m Models, root: Option<PathId>, steps: &[Step<'_>]) -> &'m super::facts::PathFacts {
    models.facts(walk(models, root, steps).unwrap_or_else(|| panic!("{steps:?} leads nowhere")))
}

#[test]
fn the_embedded_files_know_the_common_paths() {
    use Step::{Instance, Member, Return};
    let models = embedded_models();
    let express = models.package("express");
    let get = facts_of(&models, express, &[Return, Member("route"), Return, Member("get")]);
    assert_eq!(get.call.as_ref().unwrap().callbacks[0].context, Some(ContextKind::Request));
    let request = models.type_named("express", "Request").unwrap();
    assert!(models.facts(request).value.data.is_some());
    assert!(facts_of(&models, Some(request), &[Member("on")]).call.as_ref().unwrap().callbacks.len() > 1);
    assert!(facts_of(&models, Some(request), &[Member("app")]).value.is_shared);
    let emitter = facts_of(&models, models.package("node:events"), &[Instance, Member("once")]);
    assert!(matches!(emitter.call.as_ref().unwrap().effects[0], Effect::Listen { .. }));
    assert!(walk(&models, models.package("node:http"), &[Member("createServer"), Return, Member("listen")]).is_some());
    assert!(facts_of(&models, models.global("process"), &[Member("on")]).call.as_ref().unwrap().callbacks.len() == 2);
    assert!(models.facts(models.global("setInterval").unwrap()).call.is_some());
    assert!(models.facts(models.package("lodash.clonedeep").unwrap()).call.is_some());
    assert!(models.facts(models.package("lodash/merge").unwrap()).call.is_some());
    assert!(models.facts(models.package("lru-cache").unwrap()).construct.is_some());
    assert!(facts_of(&models, models.package("vitest"), &[Member("describe")]).call.is_some());
    assert!(facts_of(&models, models.package("@nestjs/common"), &[Member("Get")]).decorator.is_some());
    assert!(facts_of(&models, models.package("@nestjs/common"), &[Member("Get"), Return]).decorator.is_some());
    assert!(facts_of(&models, models.package("ws"), &[Member("Server"), Instance, Member("clients")]).value.is_shared);
    assert!(models.type_named("discord.js", "Client").is_some());
    assert!(models.package("import-fresh").is_some_and(|at| models.facts(at).call.is_some()));
    assert_eq!(models.package("fs"), None);
    assert!(models.conventions().len() > 30);
    assert!(models.handler_shapes().len() > 5);
}
