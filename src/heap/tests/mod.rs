//! The graph against a naive fixpoint, on random systems of constraints: the only way to trust deltas and the collapsing
//! of cycles together with promotion, loads and stores.
//!
//! `MODLEAK_SYSTEMS=100000 cargo test --lib a_naive_fixpoint` tries more systems than a usual run.

mod executions;
mod fixpoint;
mod programs;
mod whole;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::heap::graph::{EdgeKind, Graph, NodeId};
use crate::heap::object::{Data, Lifetime, ObjectId, Value, ValueKind};

const NODES: u32 = 10;
const OBJECTS: u32 = 5;
const FIELDS: u32 = 2;
/// Systems of a usual run.
const SYSTEMS: u32 = 3_000;

/// One constraint. Nodes from [`NODES`] on are the fields of the objects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Rule {
    Object(u32, u32),
    Datum(u32),
    Edge(u32, u32, EdgeKind),
    Load { base: u32, field: u32, dst: u32 },
    Store { base: u32, field: u32, src: u32 },
}

fn rule() -> impl Strategy<Value = Rule> {
    let kind = prop_oneof![4 => Just(EdgeKind::Copy), 1 => Just(EdgeKind::Promote), 1 => Just(EdgeKind::Derive), 1 => Just(EdgeKind::Decide)];
    let node = 0..NODES;
    prop_oneof![
        3 => (node.clone(), 0..OBJECTS).prop_map(|(node, object)| Rule::Object(node, object)),
        1 => node.clone().prop_map(Rule::Datum),
        8 => (node.clone(), node.clone(), kind).prop_map(|(from, to, kind)| Rule::Edge(from, to, kind)),
        3 => (node.clone(), 0..FIELDS, node.clone()).prop_map(|(base, field, dst)| Rule::Load { base, field, dst }),
        3 => (node.clone(), 0..FIELDS, node).prop_map(|(base, field, src)| Rule::Store { base, field, src }),
    ]
}

fn field_node(object: ObjectId, field: u32) -> u32 {
    NODES + object.0 * FIELDS + field
}

/// The edge over which a field is read through a value.
fn read_kind(lifetime: Lifetime) -> EdgeKind {
    match lifetime {
        Lifetime::Fresh => EdgeKind::Copy,
        Lifetime::Module => EdgeKind::Promote,
    }
}

/// What the graph says, with listeners for loads and stores.
fn by_graph(rules: &[Rule]) -> Vec<BTreeSet<Value>> {
    let mut graph: Graph<Rule> = Graph::new();
    let count = NODES + OBJECTS * FIELDS;
    graph.add_nodes(count);
    let mut pending = Vec::new();
    for &rule in rules {
        match rule {
            Rule::Object(node, object) => {
                graph.insert(NodeId(node), Value::object(ObjectId(object), Lifetime::Fresh));
            }
            Rule::Datum(node) => {
                graph.insert(NodeId(node), Value::data(Data::Unknown));
            }
            Rule::Edge(from, to, kind) => graph.add_edge(NodeId(from), NodeId(to), kind),
            Rule::Load { base, .. } | Rule::Store { base, .. } => {
                pending.extend(graph.listen(NodeId(base), rule).into_iter().map(|value| (rule, value)));
            }
        }
    }
    loop {
        while let Some((rule, value)) = pending.pop() {
            react(&mut graph, rule, value);
        }
        let Some((node, delta)) = graph.step() else { break };
        for &value in &delta {
            pending.extend((0..graph.listener_count(node)).map(|place| (graph.listener(node, place), value)));
        }
    }
    (0..count).map(|node| graph.set(NodeId(node)).iter().collect()).collect()
}

fn react(graph: &mut Graph<Rule>, rule: Rule, value: Value) {
    let Some((object, lifetime)) = value.as_object() else { return };
    match rule {
        Rule::Load { field, dst, .. } => {
            graph.add_edge(NodeId(field_node(object, field)), NodeId(dst), read_kind(lifetime));
        }
        Rule::Store { field, src, .. } => {
            graph.add_edge(NodeId(src), NodeId(field_node(object, field)), EdgeKind::Copy);
        }
        _ => {}
    }
}

/// What the constraints say by their meaning: every rule again and again, until nothing is new.
fn by_fixpoint(rules: &[Rule]) -> Vec<BTreeSet<Value>> {
    let mut sets: Vec<BTreeSet<Value>> = vec![BTreeSet::new(); (NODES + OBJECTS * FIELDS) as usize];
    loop {
        let before = sets.clone();
        for &rule in rules {
            match rule {
                Rule::Object(node, object) => {
                    sets[node as usize].insert(Value::object(ObjectId(object), Lifetime::Fresh));
                }
                Rule::Datum(node) => {
                    sets[node as usize].insert(Value::data(Data::Unknown));
                }
                Rule::Edge(from, to, kind) => flow(&mut sets, from, to, kind),
                Rule::Load { base, field, dst } => {
                    for (object, lifetime) in objects(&sets, base) {
                        flow(&mut sets, field_node(object, field), dst, read_kind(lifetime));
                    }
                }
                Rule::Store { base, field, src } => {
                    for (object, _) in objects(&sets, base) {
                        flow(&mut sets, src, field_node(object, field), EdgeKind::Copy);
                    }
                }
            }
        }
        if sets == before {
            return sets;
        }
    }
}

fn objects(sets: &[BTreeSet<Value>], node: u32) -> Vec<(ObjectId, Lifetime)> {
    sets[node as usize].iter().copied().filter_map(Value::as_object).collect()
}

fn flow(sets: &mut [BTreeSet<Value>], from: u32, to: u32, kind: EdgeKind) {
    for value in sets[from as usize].clone() {
        let passed = match kind {
            EdgeKind::Copy => Some(value),
            EdgeKind::Promote => Some(value.promoted()),
            EdgeKind::Decide => match value.kind() {
                ValueKind::Data(data) => data.decided().map(Value::data),
                _ => None,
            },
            EdgeKind::Derive => (!value.is_object()).then_some(value),
        };
        sets[to as usize].extend(passed);
    }
}

/// How many systems or programs are tried.
fn systems() -> u32 {
    std::env::var("MODLEAK_SYSTEMS").ok().and_then(|text| text.parse().ok()).unwrap_or(SYSTEMS)
}

#[test]
fn the_graph_says_what_a_naive_fixpoint_says() {
    let config = Config { cases: systems(), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&prop::collection::vec(rule(), 1..40), |rules| {
        prop_assert_eq!(by_graph(&rules), by_fixpoint(&rules));
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
