//! What a variable holds right after an assignment, in the function that assigns it. `tags = [...tags]; tags.push(x)` writes to the copy alone, and
//! what `if (!entry) { entry = {…}; entry.list.push(x); … }` fills was just made. All versions flow into the variable's
//! own node, which serves where ways meet, and in closures.

use super::Lowerer;
use crate::base::span::ByteRange;
use crate::syntax::facts::{BindingId, Constraint, MODULE_BODY, ValueId};

/// A variable's value since an assignment.
#[derive(Clone, Copy, Debug)]
pub(in crate::syntax) struct Version {
    binding: BindingId,
    /// None: the variable's own node, which holds all versions.
    node: Option<ValueId>,
    /// How many loops were around the assignment.
    loops: u32,
}

/// So many assignments of a function are told apart on one way.
const MOST: usize = 64;

impl Lowerer<'_> {
    /// The node that a variable's reads mean here, if it is not the variable's own.
    pub(super) fn version_of(&self, binding: BindingId) -> Option<ValueId> {
        self.frame.versions.iter().rev().find(|version| version.binding == binding)?.node
    }

    /// A value that a function assigns to a variable, its own or one around it: from here on, reads mean it alone. Gives the node that
    /// they mean.
    pub(super) fn assign_version(&mut self, binding: BindingId, src: ValueId, at: ByteRange) -> ValueId {
        let info = self.facts.bindings[binding];
        self.frame.questions.remove(&info.home);
        self.forget_narrowing(binding);
        if info.import.is_some() || self.frame.id == MODULE_BODY || self.frame.versions.len() >= MOST {
            self.store_binding(binding, Some(src));
            return if info.function == self.frame.id { info.home } else { src };
        }
        let node = self.node_at(at);
        self.emit(Constraint::Copy { dst: node, src });
        let loops = self.frame.loops;
        // The next round begins with what this one assigns.
        let before = self.frame.versions.iter().filter(|it| it.binding == binding && it.loops < loops);
        let before: Vec<ValueId> = before.filter_map(|it| it.node).collect();
        for dst in before {
            self.emit(Constraint::Copy { dst, src: node });
        }
        self.store_binding(binding, Some(node));
        self.frame.versions.push(Version { binding, node: Some(node), loops });
        node
    }

    /// From here on, reads of a variable mean a value that its own node does not hold.
    pub(super) fn begin_version(&mut self, binding: BindingId, value: ValueId) {
        self.frame.versions.push(Version { binding, node: Some(value), loops: self.frame.loops });
    }

    /// Reads of a variable mean its own node again.
    pub(super) fn forget_version(&mut self, binding: BindingId) {
        if self.version_of(binding).is_some() {
            self.frame.versions.push(Version { binding, node: None, loops: self.frame.loops });
        }
    }

    /// What was assigned since `mark` was so on one of several ways that meet here.
    pub(super) fn meet(&mut self, mark: usize) {
        if self.frame.versions.len() <= mark {
            return;
        }
        let inside = self.frame.versions.split_off(mark);
        for version in inside {
            self.forget_version(version.binding);
        }
    }
}
