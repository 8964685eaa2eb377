//! Whether two keys can be the same: `m.set('session:' + id, …)` puts in what `m.delete(id)` never takes out.

use rustc_hash::FxHashSet;

use crate::heap::graph::NodeId;
use crate::heap::object::{Data, Source, ValueKind};
use crate::modules::PatternPart;
use crate::program::Stages;

/// What a key may be.
#[derive(Default)]
pub(super) struct KeyForms {
    /// Constant texts.
    constants: FxHashSet<String>,
    /// Texts with a constant part and a part that is not known.
    patterns: FxHashSet<String>,
    /// A value of a known origin; that of a pattern's part too.
    has_data: bool,
    /// An object that the program makes.
    has_object: bool,
    /// It may be anything.
    may_be_any: bool,
}

impl KeyForms {
    pub(super) fn of(stages: &Stages<'_>, node: NodeId) -> Self {
        let mut forms = Self::default();
        let mut is_passed = false;
        for value in stages.heap.points_to(node) {
            match value.kind() {
                ValueKind::String(id) => forms.add_text(stages, stages.heap.string(id), id),
                ValueKind::Data(Data::Known(_) | Data::Choice) => forms.has_data = true,
                ValueKind::Data(Data::Parameter) => is_passed = true,
                ValueKind::Data(Data::Unknown) => forms.may_be_any = true,
                ValueKind::Object(object, _) => match stages.heap.object(object).source {
                    Source::Site { .. } | Source::Instance { .. } => forms.has_object = true,
                    _ => forms.may_be_any = true,
                },
            }
        }
        // What callers pass is in the part that is not known, or it is all of the key and may be anything.
        forms.has_data |= is_passed;
        forms.may_be_any |= is_passed && forms.patterns.is_empty();
        forms
    }

    fn add_text(&mut self, stages: &Stages<'_>, parts: &[PatternPart], id: crate::heap::object::StringId) {
        let text = crate::heap::strings::display(stages.heap.string(id));
        let is_text = |part: &PatternPart| matches!(part, PatternPart::Text(_));
        if parts.iter().all(is_text) {
            self.constants.insert(text);
        } else if parts.iter().any(is_text) {
            self.patterns.insert(text);
        } else {
            self.may_be_any = true;
        }
    }

    /// Whether no key of these forms is one of the others.
    pub(super) fn are_never(&self, removed: &Self) -> bool {
        if self.may_be_any || removed.may_be_any || self.is_empty() || removed.is_empty() {
            return false;
        }
        let are_constants = |forms: &Self| !forms.constants.is_empty() && forms.patterns.is_empty() && !forms.has_data;
        if are_constants(self) && are_constants(removed) {
            return !self.has_object && !removed.has_object && self.constants.is_disjoint(&removed.constants);
        }
        if self.has_object || !self.constants.is_empty() {
            return false;
        }
        let is_patterned = !self.patterns.is_empty();
        match (removed.has_object, removed.constants.is_empty(), removed.patterns.is_empty()) {
            // `set(session.id, …)` and `delete(session)`; one constant of what has no end.
            (true, true, true) => !removed.has_data,
            (false, false, true) => !removed.has_data && !is_patterned,
            // `set('a:' + id)` and `delete(id)`, and the other way round.
            (false, true, true) => is_patterned,
            (false, true, false) => self.patterns.is_disjoint(&removed.patterns),
            _ => false,
        }
    }

    fn is_empty(&self) -> bool {
        self.constants.is_empty() && self.patterns.is_empty() && !self.has_data && !self.has_object
    }
}
