//! The words of the format, each with its one meaning.

use super::facts::{
    Arguments, CallbackResult, ContainerLike, CopyDepth, DataKind, ListenerRemoval, LoaderForm, LoaderGives, MembersOf,
    Position, Provision, Restored,
};
use crate::base::finding::ContextKind;

/// Contexts that a model can make.
pub(super) const CONTEXTS: &[(&str, ContextKind)] = &[
    ("request", ContextKind::Request),
    ("event", ContextKind::Event),
    ("timer", ContextKind::Timer),
    ("test", ContextKind::Test),
    ("init", ContextKind::Init),
];

/// Where data comes from.
pub(super) const DATA: &[(&str, DataKind)] = &[
    ("request", DataKind::Request),
    ("event", DataKind::Event),
    ("time", DataKind::Time),
    ("random", DataKind::Random),
    ("counter", DataKind::Counter),
    ("identity", DataKind::Identity),
    ("finite", DataKind::Finite),
    ("config", DataKind::Config),
];

/// When a callback runs.
pub(super) const POSITIONS: &[(&str, Position)] =
    &[("sync", Position::Sync), ("once", Position::Once), ("repeat", Position::Repeat), ("realm", Position::Realm)];

/// Where a callback's result goes.
pub(super) const CALLBACK_RESULTS: &[(&str, CallbackResult)] = &[
    ("dropped", CallbackResult::Dropped),
    ("result", CallbackResult::Result),
    ("elements", CallbackResult::Elements),
    ("wrapped", CallbackResult::Wrapped),
    ("promised", CallbackResult::Promised),
    ("driven", CallbackResult::Driven),
    ("driver", CallbackResult::Driver),
    ("called", CallbackResult::Called),
];

/// What a container behaves like.
pub(super) const CONTAINERS: &[(&str, ContainerLike)] = &[
    ("map", ContainerLike::Map),
    ("set", ContainerLike::Set),
    ("array", ContainerLike::Array),
    ("object", ContainerLike::Object),
];

/// How deep a copy goes.
pub(super) const DEPTHS: &[(&str, CopyDepth)] = &[("shallow", CopyDepth::Shallow), ("deep", CopyDepth::Deep)];

/// Whose members a class is given.
pub(super) const MEMBERS_OF: &[(&str, MembersOf)] = &[("instances", MembersOf::Instances), ("class", MembersOf::Class)];

/// How a listener is taken off.
pub(super) const REMOVALS: &[(&str, ListenerRemoval)] = &[
    ("function", ListenerRemoval::ByFunction),
    ("handle", ListenerRemoval::ByHandle),
    ("once", ListenerRemoval::Once),
];

/// How a loader names modules.
pub(super) const LOADER_FORMS: &[(&str, LoaderForm)] = &[
    ("specifier", LoaderForm::Specifier),
    ("directory", LoaderForm::Directory),
    ("tree", LoaderForm::Tree),
    ("glob", LoaderForm::Glob),
    ("glob-beside", LoaderForm::GlobBeside),
];

/// What a loader gives.
pub(super) const LOADER_GIVES: &[(&str, LoaderGives)] = &[
    ("module", LoaderGives::Module),
    ("modules", LoaderGives::Modules),
    ("lazy", LoaderGives::Lazy),
    ("context", LoaderGives::Context),
    ("copy", LoaderGives::Copy),
    ("stand-in", LoaderGives::StandIn),
    ("paths", LoaderGives::Paths),
    ("nothing", LoaderGives::Nothing),
];

/// What a call puts back after tests.
pub(super) const RESTORED: &[(&str, Restored)] =
    &[("all", Restored::All), ("receiver", Restored::Receiver), ("modules", Restored::Modules)];

/// How what a container of dependencies provides comes to be.
pub(super) const PROVISIONS: &[(&str, Provision)] = &[
    ("class", Provision::Class),
    ("value", Provision::Value),
    ("factory", Provision::Factory),
    ("alias", Provision::Alias),
    ("described", Provision::Described),
    ("table", Provision::Table),
];

/// `1`, `1..`, `last`, `all`, `receiver`.
pub(super) fn arguments(text: &str) -> Option<Arguments> {
    match text {
        "last" => Some(Arguments::Last),
        "all" => Some(Arguments::All),
        "receiver" => Some(Arguments::Receiver),
        "made" => Some(Arguments::MadeOf),
        _ => match text.strip_suffix("..") {
            Some(from) => from.parse().ok().map(Arguments::From),
            None => text.parse().ok().map(Arguments::At),
        },
    }
}
