//! Whether the keys of a growth end.

use crate::base::finding::Confidence;
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, Lifetime, ObjectKind, Source, ValueKind};
use crate::models::facts::DataKind;
use crate::modules::PatternPart;
use crate::program::Stages;

/// Where a growth's keys come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Keys {
    /// A fixed set.
    Finite,
    /// Functions or classes: a registration.
    Registration,
    /// Not known.
    Unknown,
    /// What callers of a library pass.
    Parameter,
    /// They do not end.
    Endless(&'static str),
}

impl Keys {
    /// How sure a growth under such keys is.
    pub fn confidence(self) -> Confidence {
        match self {
            Keys::Finite | Keys::Registration | Keys::Unknown => Confidence::Low,
            Keys::Parameter => Confidence::Medium,
            Keys::Endless(_) => Confidence::High,
        }
    }
}

/// Judges the values of a key.
pub(super) fn judge(stages: &Stages<'_>, key: NodeId) -> Keys {
    let mut verdict = Keys::Finite;
    let set = stages.heap.points_to(key);
    if set.is_empty() {
        return Keys::Unknown;
    }
    let is_origin_known = set.iter().any(|value| !matches!(value.kind(), ValueKind::String(_)));
    for value in set {
        let one = match value.kind() {
            // A part of which nothing is known, not even where it is from.
            ValueKind::String(id) if !is_origin_known && has_hole(stages.heap.string(id)) => Keys::Unknown,
            ValueKind::String(_) => Keys::Finite,
            ValueKind::Data(data) => of_data(data),
            ValueKind::Object(object, lifetime) => of_object(stages, object, lifetime),
        };
        verdict = verdict.max(one);
    }
    verdict
}

fn has_hole(parts: &[PatternPart]) -> bool {
    parts.iter().any(|part| matches!(part, PatternPart::Hole))
}

fn of_data(data: Data) -> Keys {
    match data {
        Data::Known(kind) => match kind {
            DataKind::Finite | DataKind::Config => Keys::Finite,
            DataKind::Request => Keys::Endless("data of a request"),
            DataKind::Event => Keys::Endless("data of an event"),
            DataKind::Time => Keys::Endless("the time"),
            DataKind::Random => Keys::Endless("a random value"),
            DataKind::Counter => Keys::Endless("a counter"),
            DataKind::Identity => Keys::Endless("an object's identity"),
        },
        Data::Choice => Keys::Finite,
        Data::Parameter => Keys::Parameter,
        Data::Unknown => Keys::Unknown,
    }
}

fn of_object(stages: &Stages<'_>, object: crate::heap::object::ObjectId, lifetime: Lifetime) -> Keys {
    let info = stages.heap.object(object);
    match &info.source {
        Source::External { path: Some(path), .. } => match stages.models.facts(*path).value.data {
            Some(kind @ (DataKind::Finite | DataKind::Config)) => of_data(Data::Known(kind)),
            None if lifetime == Lifetime::Module => Keys::Unknown,
            Some(_) | None => Keys::Endless("an object's identity"),
        },
        Source::External { .. } => Keys::Unknown,
        Source::Class { .. } | Source::Native(_) => Keys::Registration,
        Source::Function { .. } if lifetime == Lifetime::Module => Keys::Registration,
        _ if info.kind == ObjectKind::Function => Keys::Endless("a closure's identity"),
        _ if lifetime == Lifetime::Fresh => Keys::Endless("an object's identity"),
        _ => Keys::Finite,
    }
}
