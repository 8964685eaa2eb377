//! The trie of access paths.
//!
//! A node's steps are its own first, then those of the nodes that it is *like*, in order, then the wildcard `*`. All
//! links are completed when the trie is sealed: where a node and its like both have a child, the child is like the
//! other child, so that a step looks at one chain of links and never has to come back.

use rustc_hash::FxHashMap;

use super::facts::{PathFacts, PathId, Step};
use super::path::Segment;
use crate::base::index::IndexVec;
use crate::base::name::{Interner, Name};

/// The name under which globals are a package, in references: `global process`.
pub(super) const GLOBALS: &str = "global";

/// How many links a step follows; a circle of `like`s ends there.
const LINK_DEPTH: u32 = 8;

/// The step from a node to a child.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Edge {
    Type(Name),
    Member(Name),
    AnyMember,
    Return,
    Instance,
    Element,
}

#[derive(Debug, Default)]
struct Node {
    facts: PathFacts,
    children: Vec<(Edge, PathId)>,
    likes: Vec<PathId>,
    has_any: bool,
    is_root: bool,
}

/// A family of package names that lead to one place: `lodash.*` to the members of `lodash`.
#[derive(Debug)]
struct Alias {
    before: String,
    after: String,
    target: PathId,
    /// Whether the text that `*` stands for is a member of the target; else it does not matter.
    is_member: bool,
}

/// All nodes, and where the paths begin.
#[derive(Debug, Default)]
pub(super) struct Trie {
    nodes: IndexVec<PathId, Node>,
    edges: FxHashMap<(PathId, Edge), PathId>,
    names: Interner,
    roots: FxHashMap<String, PathId>,
    aliases: Vec<Alias>,
}

impl Trie {
    /// The root of the globals.
    pub(super) fn globals(&self) -> Option<PathId> {
        self.roots.get(GLOBALS).copied()
    }

    /// The root of a package's exports.
    pub(super) fn package(&self, name: &str) -> Option<PathId> {
        if let Some(&root) = self.roots.get(name) {
            return Some(root);
        }
        self.aliases.iter().find_map(|alias| {
            let middle = name.strip_prefix(alias.before.as_str())?.strip_suffix(alias.after.as_str())?;
            if alias.is_member { self.member_ignoring_case(alias.target, middle) } else { Some(alias.target) }
        })
    }

    /// A member by its name, or, as package names are in lower case, by its name in lower case.
    fn member_ignoring_case(&self, at: PathId, name: &str) -> Option<PathId> {
        self.step(at, Step::Member(name)).or_else(|| {
            self.nodes[at].children.iter().find_map(|&(edge, child)| match edge {
                Edge::Member(member) if self.names.text(member).eq_ignore_ascii_case(name) => Some(child),
                _ => None,
            })
        })
    }

    /// The named type of a package.
    pub(super) fn type_at(&self, root: PathId, name: &str) -> Option<PathId> {
        self.follow(root, Edge::Type(self.names.get(name)?), LINK_DEPTH)
    }

    /// One step on.
    pub(super) fn step(&self, at: PathId, step: Step<'_>) -> Option<PathId> {
        let edge = match step {
            Step::Member(text) => {
                let known = self.names.get(text).and_then(|name| self.follow(at, Edge::Member(name), LINK_DEPTH));
                return known.or_else(|| self.any_member(at, LINK_DEPTH)).or_else(|| self.default_export(at, text));
            }
            Step::Return => Edge::Return,
            Step::Instance => Edge::Instance,
            Step::Element => Edge::Element,
        };
        self.follow(at, edge, LINK_DEPTH)
    }

    /// The default import of a package without ES exports is its exports.
    fn default_export(&self, at: PathId, member: &str) -> Option<PathId> {
        (member == "default" && self.nodes[at].is_root).then_some(at)
    }

    fn follow(&self, at: PathId, edge: Edge, depth: u32) -> Option<PathId> {
        if let Some(&child) = self.edges.get(&(at, edge)) {
            return Some(child);
        }
        let likes = &self.nodes[at].likes;
        if likes.is_empty() || depth == 0 {
            return None;
        }
        likes.iter().find_map(|&like| self.follow(like, edge, depth - 1))
    }

    fn any_member(&self, at: PathId, depth: u32) -> Option<PathId> {
        let node = &self.nodes[at];
        if node.has_any {
            return self.edges.get(&(at, Edge::AnyMember)).copied();
        }
        if depth == 0 {
            return None;
        }
        node.likes.iter().find_map(|&like| self.any_member(like, depth - 1))
    }

    /// What is known at a node.
    pub(super) fn facts(&self, at: PathId) -> &PathFacts {
        &self.nodes[at].facts
    }

    /// The facts of all nodes.
    pub(super) fn all_facts(&self) -> impl Iterator<Item = &PathFacts> {
        self.nodes.iter().map(|node| &node.facts)
    }

    /// The facts of a node, to be filled in.
    pub(super) fn facts_mut(&mut self, at: PathId) -> &mut PathFacts {
        &mut self.nodes[at].facts
    }

    /// The root of a package, new or known.
    pub(super) fn add_package(&mut self, name: &str) -> PathId {
        if let Some(&root) = self.roots.get(name) {
            return root;
        }
        let label = if name == GLOBALS { "" } else { name.rsplit(['/', ':']).next().unwrap_or(name) };
        let root = self.add_node(label.to_owned());
        self.nodes[root].is_root = name != GLOBALS;
        self.roots.insert(name.to_owned(), root);
        root
    }

    /// The node at the end of a path, new or known.
    pub(super) fn add_path(&mut self, root: PathId, path: &[Segment]) -> PathId {
        path.iter().fold(root, |at, segment| self.add_child(at, segment))
    }

    fn add_child(&mut self, at: PathId, segment: &Segment) -> PathId {
        let edge = match segment {
            Segment::Type(name) => Edge::Type(self.names.intern(name)),
            Segment::Member(name) if name == "*" => Edge::AnyMember,
            Segment::Member(name) => Edge::Member(self.names.intern(name)),
            Segment::Return => Edge::Return,
            Segment::Instance => Edge::Instance,
            Segment::Element => Edge::Element,
        };
        if let Some(&child) = self.edges.get(&(at, edge)) {
            return child;
        }
        let label = child_label(&self.nodes[at].facts.label, segment);
        let child = self.add_node(label);
        self.nodes[at].children.push((edge, child));
        self.nodes[at].has_any |= edge == Edge::AnyMember;
        self.edges.insert((at, edge), child);
        child
    }

    fn add_node(&mut self, label: String) -> PathId {
        self.nodes.push(Node { facts: PathFacts { label, ..PathFacts::default() }, ..Node::default() })
    }

    /// Lets package names of a pattern (with one `*`) lead to `target`, or to its members named by what `*` stands for.
    pub(super) fn add_alias(&mut self, pattern: &str, target: PathId, is_member: IsMember) {
        match pattern.split_once('*') {
            None => {
                self.roots.insert(pattern.to_owned(), target);
            }
            Some((before, after)) => self.aliases.push(Alias {
                before: before.to_owned(),
                after: after.to_owned(),
                target,
                is_member: is_member == IsMember::Yes,
            }),
        }
    }

    /// Makes a node like another; the link that is made first wins.
    pub(super) fn link(&mut self, at: PathId, like: PathId) {
        if at != like && !self.nodes[at].likes.contains(&like) {
            self.nodes[at].likes.push(like);
        }
    }

    /// Where a written path leads from a root, and if it leads nowhere, how far it leads.
    pub(super) fn find(&self, root: PathId, path: &[Segment]) -> Result<PathId, PathId> {
        let mut at = root;
        for segment in path {
            let next = match segment {
                Segment::Type(name) => self.type_at(at, name),
                Segment::Member(name) => self.step(at, Step::Member(name)),
                Segment::Return => self.step(at, Step::Return),
                Segment::Instance => self.step(at, Step::Instance),
                Segment::Element => self.step(at, Step::Element),
            };
            at = next.ok_or(at)?;
        }
        Ok(at)
    }

    /// The names of a node's own children and of the packages, for the nearest right word.
    pub(super) fn known_words(&self, at: PathId) -> Vec<&str> {
        let children = self.nodes[at].children.iter().filter_map(|&(edge, _)| match edge {
            Edge::Member(name) | Edge::Type(name) => Some(self.names.text(name)),
            _ => None,
        });
        children.collect()
    }

    /// All packages' names, sorted.
    pub(super) fn package_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.roots.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Links children as their parents are linked, until nothing changes.
    pub(super) fn complete_links(&mut self) {
        for _ in 0..LINK_DEPTH {
            if !self.complete_links_once() {
                return;
            }
        }
    }

    fn complete_links_once(&mut self) -> bool {
        let mut missing = Vec::new();
        for (_, node) in self.nodes.iter_enumerated().filter(|(_, node)| !node.likes.is_empty()) {
            for &(edge, child) in &node.children {
                for &like in &node.likes {
                    if let Some(other) = self.follow(like, edge, LINK_DEPTH)
                        && other != child
                        && !self.nodes[child].likes.contains(&other)
                    {
                        missing.push((child, other));
                    }
                }
            }
        }
        for &(child, other) in &missing {
            self.link(child, other);
        }
        !missing.is_empty()
    }

    /// Gives each node what it lacks and what it is like has.
    pub(super) fn inherit_facts(&mut self) {
        let links: Vec<(PathId, PathId)> = self
            .nodes
            .iter_enumerated()
            .flat_map(|(id, node)| node.likes.iter().map(move |&like| (id, like)))
            .collect();
        for _ in 0..LINK_DEPTH {
            let mut has_changed = false;
            for &(id, like) in &links {
                if lacks(&self.nodes[id].facts, &self.nodes[like].facts) {
                    let other = self.nodes[like].facts.clone();
                    inherit(&mut self.nodes[id].facts, other);
                    has_changed = true;
                }
            }
            if !has_changed {
                return;
            }
        }
    }
}

/// Whether an alias's `*` is a member's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IsMember {
    /// It is.
    Yes,
    /// It is not: every name leads to the target itself.
    No,
}

/// Whether `other` says something that `facts` does not.
fn lacks(facts: &PathFacts, other: &PathFacts) -> bool {
    (facts.call.is_none() && other.call.is_some())
        || (facts.construct.is_none() && other.construct.is_some())
        || (facts.decorator.is_none() && other.decorator.is_some())
        || (facts.value.data.is_none() && other.value.data.is_some())
        || (!facts.value.is_shared && other.value.is_shared)
        || (!facts.value.is_written && other.value.is_written)
        || (!facts.value.is_ending && other.value.is_ending)
        || (!facts.carrier.has_provided && other.carrier.has_provided)
        || (facts.provides.is_none() && other.provides.is_some())
        || (facts.carrier.common.is_none() && other.carrier.common.is_some())
        || (facts.carrier.wraps.is_none() && other.carrier.wraps.is_some())
        || (facts.carrier.inherits.is_none() && other.carrier.inherits.is_some())
}

fn inherit(facts: &mut PathFacts, other: PathFacts) {
    facts.call = facts.call.take().or(other.call);
    facts.construct = facts.construct.take().or(other.construct);
    facts.decorator = facts.decorator.take().or(other.decorator);
    facts.value.data = facts.value.data.or(other.value.data);
    facts.value.is_shared |= other.value.is_shared;
    facts.value.is_written |= other.value.is_written;
    facts.value.is_ending |= other.value.is_ending;
    facts.carrier.has_provided |= other.carrier.has_provided;
    facts.provides = facts.provides.take().or(other.provides);
    facts.carrier.common = facts.carrier.common.or(other.carrier.common);
    facts.carrier.wraps = facts.carrier.wraps.or(other.carrier.wraps);
    facts.carrier.inherits = facts.carrier.inherits.or(other.carrier.inherits);
}

fn child_label(parent: &str, segment: &Segment) -> String {
    match segment {
        Segment::Type(name) => name.clone(),
        Segment::Member(name) if parent.is_empty() => name.clone(),
        Segment::Member(name) => format!("{parent}.{name}"),
        Segment::Return => format!("{parent}()"),
        Segment::Instance => format!("new {parent}()"),
        Segment::Element => format!("{parent}[]"),
    }
}
