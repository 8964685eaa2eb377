//! Which of the chains of bindings and fields that hold an object people are told of: the one by which they know it.
//!
//! The module that made it comes first, then what the writing file sees, then other production code; what a test or a
//! closure keeps is told of only if nothing else holds it. Each link costs as well, so that a long way through the
//! owner does not win over a variable beside the write.

use std::cell::OnceCell;
use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::source::FileId;
use crate::heap::object::{ObjectId, Source};
use crate::modules::Resolution;
use crate::program::holders::{self, Link, Owner};
use crate::program::{Program, Stages};

/// So many objects are looked at for one chain.
const OBJECTS: usize = 2_000;

/// What it costs that the chain begins in the file of the write, or in one that it loads.
const IN_SIGHT: usize = 3;
/// … in production code elsewhere.
const ELSEWHERE: usize = 4;
/// … in a package that it was given to.
const PACKAGE: usize = 10;
/// … in a closure.
const CLOSURE: usize = 20;
/// … in test code.
const TEST: usize = 40;

/// The links from a module to an object: the last one holds the object itself. Without any, the object is known by itself.
#[derive(Default, Debug)]
pub(super) struct Chain {
    /// The file whose `export default` the first link is of.
    pub(super) default_of: Option<FileId>,
    pub(super) links: Vec<Link>,
}

/// Where a chain may begin.
#[derive(Clone, Copy)]
enum End {
    /// With a variable.
    Link(Link),
    /// With the default export of a file.
    Default(FileId),
    /// With the object itself, which is held by nothing else: exports, a package.
    Itself,
}

struct Beginning {
    cost: usize,
    at: ObjectId,
    end: End,
}

/// What the costs depend on.
struct Costs<'a> {
    stages: &'a Stages<'a>,
    owner: Owner,
    from: FileId,
    loaded: OnceCell<FxHashSet<FileId>>,
}

impl Program<'_> {
    /// The chain to an object that a write in a file is told with.
    pub(super) fn chain_to(&self, object: ObjectId, from: FileId) -> Chain {
        let stages = &self.stages;
        let owner = holders::owner_of(stages, object);
        let costs = Costs { stages, owner, from, loaded: OnceCell::new() };
        let mut parents: FxHashMap<ObjectId, (ObjectId, Link)> = FxHashMap::default();
        let mut seen: FxHashSet<ObjectId> = FxHashSet::from_iter([object]);
        let mut queue = VecDeque::from([(object, 0)]);
        let mut best: Option<Beginning> = None;
        while let Some((at, depth)) = queue.pop_front() {
            if best.as_ref().is_some_and(|best| best.cost <= depth) {
                break;
            }
            let mut offer = |cost: usize, end: End| {
                if best.as_ref().is_none_or(|best| cost + depth < best.cost) {
                    best = Some(Beginning { cost: cost + depth, at, end });
                }
            };
            let is_end = is_end(stages, at);
            if is_end {
                offer(costs.of_owner(&holders::owner_of(stages, at)), End::Itself);
            }
            let links = self.holders.of(at);
            for &link in links {
                if let Some(cost) = costs.of_link(link) {
                    offer(cost, End::Link(link));
                }
            }
            if let Some(file) = self.holders.default_of(at) {
                offer(costs.of_file(file), End::Default(file));
            }
            for &link in links {
                if let Link::Field(parent, _) = link
                    && !is_end
                    && seen.len() < OBJECTS
                    && seen.insert(parent)
                {
                    parents.insert(parent, (at, link));
                    queue.push_back((parent, depth + 1));
                }
            }
        }
        best.map_or_else(Chain::default, |best| collect(&parents, &best, object))
    }
}

/// Whether an object is known by itself.
pub(super) fn is_end(stages: &Stages<'_>, object: ObjectId) -> bool {
    holders::is_root(stages, object) || matches!(stages.heap.object(object).source, Source::Namespace(_))
}

impl Costs<'_> {
    fn of_link(&self, link: Link) -> Option<usize> {
        match link {
            Link::Variable(file, _) => Some(self.of_file(file)),
            Link::Captured(instance, _) => Some(CLOSURE + self.of_file(self.stages.heap.instance(instance).key.file)),
            Link::Field(..) => None,
        }
    }

    fn of_owner(&self, owner: &Owner) -> usize {
        match owner {
            Owner::File(file) => self.of_file(*file),
            _ if *owner == self.owner => 0,
            Owner::Package(_) => PACKAGE,
            Owner::Platform(_) => IN_SIGHT,
        }
    }

    fn of_file(&self, file: FileId) -> usize {
        if self.owner == Owner::File(file) {
            0
        } else if self.stages.tests[file] {
            TEST
        } else if file == self.from || self.loaded().contains(&file) {
            IN_SIGHT
        } else {
            ELSEWHERE
        }
    }

    /// The files that the writing file loads.
    fn loaded(&self) -> &FxHashSet<FileId> {
        self.loaded.get_or_init(|| {
            let record = &self.stages.heap.record;
            let file = |target: &Resolution| match target {
                Resolution::File(file) => Some(*file),
                _ => None,
            };
            let imports = record.static_loads.iter().filter(|load| load.file == self.from);
            let own = record.loads.iter().filter(|load| self.stages.heap.instance(load.instance).key.file == self.from);
            let required = own.flat_map(|load| &load.found).flat_map(|(_, _, targets)| targets);
            imports.map(|load| &load.target).chain(required).filter_map(file).collect()
        })
    }
}

fn collect(parents: &FxHashMap<ObjectId, (ObjectId, Link)>, best: &Beginning, goal: ObjectId) -> Chain {
    let mut chain = Chain::default();
    match best.end {
        End::Link(link) => chain.links.push(link),
        End::Default(file) => chain.default_of = Some(file),
        End::Itself => {}
    }
    let mut at = best.at;
    while at != goal {
        let (next, link) = parents[&at];
        chain.links.push(link);
        at = next;
    }
    chain
}
