//! The contract's terms as questions: what is an unbounded growth, a foreign write, state of a request.

use rustc_hash::FxHashSet;

use crate::base::finding::{Confidence, ContextKind, Entry, Step};
use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::memoized;
use crate::heap::natives::{self, Native};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::modules::Reason;
use crate::program::changes::{Change, Effect, Target};
use crate::program::holders::{self, Owner};
use crate::program::{Bound, Keys, LoadUse, Program, Refused};
use crate::syntax::facts::{BindingKind, CallId, FunctionId, SiteId};

/// Why it is not known what a load loads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unresolved {
    /// The specifier's value is not known.
    UnknownValue,
    /// Nothing matches.
    NoMatch,
    /// More match than the limit.
    TooMany,
    /// It leads out of the analysed folder.
    OutsideRoot,
    /// There is such a file but for upper and lower case.
    OtherCase,
}

impl From<Reason> for Unresolved {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::UnknownValue => Unresolved::UnknownValue,
            Reason::NoMatch => Unresolved::NoMatch,
            Reason::TooMany => Unresolved::TooMany,
            Reason::OutsideRoot => Unresolved::OutsideRoot,
            Reason::OtherCase => Unresolved::OtherCase,
        }
    }
}

impl Program<'_> {
    /// Whether a change runs again and again in production, on something that is production's too: what a test passes
    /// in is gone with the test.
    pub fn is_repeated(&self, change: &Change) -> bool {
        !self.stages.tests[change.file]
            && self.context_of(change) > ContextKind::Test
            && !matches!(self.owner(change), Owner::File(file) if self.stages.tests[file])
    }

    /// Whether a change grows something module-lifetime in code that repeats, and nothing bounds it.
    pub fn is_unbounded_growth(&self, change: &Change) -> bool {
        change.effect == Effect::Grow
            && (change.lifetime == Lifetime::Module || self.is_kept_by_callers(change))
            && self.is_repeated(change)
            && !self.is_eviction(change)
            && self.can_hold_entries(change)
            && !self.is_found_by_chance(change)
            && self.bound(change).is_none()
    }

    /// Whether the target is something that entries are kept in: not a function's own properties under constant names,
    /// nor something that a request brought.
    fn can_hold_entries(&self, change: &Change) -> bool {
        match change.target {
            Target::Object(object) => match self.stages.heap.object(object).source {
                Source::External { path: Some(path), .. } => self.stages.models.facts(path).value.data.is_none(),
                _ => holders::is_container(&self.stages, object),
            },
            Target::Slot(_) => true,
        }
    }

    /// Whether the target is a method of the language's or of the platform's: a table that is asked for any name gives its
    /// methods too.
    fn is_found_by_chance(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        match self.stages.heap.object(object).source {
            Source::Native(Native::Method(..) | Native::Static(..)) => true,
            // `push.call(x)` of what is no list, as far as anything is known of it: `Date.UTC`.
            Source::External { path: None, label, package, .. } => {
                natives::is_below_method(self.stages.heap.text(label))
                    || change.write.is_none() && self.stages.heap.text(package).is_empty()
            }
            _ => false,
        }
    }

    /// Whether a change keeps data of a request where another can see it.
    pub fn is_request_state(&self, change: &Change) -> bool {
        self.is_repeated(change) && self.context_of(change) == ContextKind::Request && self.keeps_request_data(change)
    }

    /// Whether a change writes to a module-lifetime object that another module owns, in code that repeats.
    pub fn is_foreign_write(&self, change: &Change) -> bool {
        let is_write = match change.effect {
            Effect::Grow | Effect::Remove => change.write.is_some() || self.is_plain_object_write(change),
            Effect::Stub => false,
            _ => true,
        };
        is_write
            && change.lifetime == Lifetime::Module
            && self.is_repeated(change)
            && (self.is_namespace_write(change) || change.binding.is_none() && !self.is_own(change))
            && !is_length(change)
            && !self.is_table_entry(change)
            && !self.is_written_by_design(change)
            && !self.is_found_by_chance(change)
            && !self.is_of_request(change)
    }

    /// `Object.assign`, `Reflect.set`, `Object.defineProperty` write properties; a container's own methods do not count.
    fn is_plain_object_write(&self, change: &Change) -> bool {
        match change.target {
            Target::Object(object) => {
                self.stages.heap.object(object).kind == ObjectKind::Plain && change.kind != "delete"
            }
            Target::Slot(_) => true,
        }
    }

    /// Whether a write under a computed key puts an entry into a table of the project from which entries are taken too,
    /// or takes one out: an object that is used as a map is as good as a map.
    fn is_table_entry(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        let info = self.stages.heap.object(object);
        if change.key.is_none() || !matches!(info.source, Source::Site { .. }) {
            return false;
        }
        match change.effect {
            Effect::Grow if info.kind == ObjectKind::Array => self.bound(change).is_some(),
            Effect::Grow => matches!(self.bound(change), Some(Bound::Removal(_) | Bound::SizeCheck)),
            Effect::Remove => self.growths_of(change.target).iter().any(|&id| self.change(id).key.is_some()),
            _ => false,
        }
    }

    /// Whether to write to the target is what it is for: a page's document.
    fn is_written_by_design(&self, change: &Change) -> bool {
        let object = change.base.and_then(crate::heap::object::Value::as_object);
        object.is_some_and(|(object, _)| match self.stages.heap.object(object).source {
            Source::External { path: Some(path), .. } => self.stages.models.facts(path).value.is_written,
            _ => false,
        })
    }

    /// Whether a change writes to an import's binding or a namespace, which throws.
    pub fn is_namespace_write(&self, change: &Change) -> bool {
        if let Some(binding) = change.binding {
            let facts = &self.stages.facts[change.file];
            return facts.bindings[binding].kind == BindingKind::Import;
        }
        change.base.and_then(crate::heap::object::Value::as_object).is_some_and(|(object, _)| {
            matches!(self.stages.heap.object(object).source, Source::Namespace(file)
                if self.stages.facts[file].kind == crate::syntax::facts::ModuleKind::Es)
        })
    }

    /// How sure it is that a change writes to its target: whether the base may be something else too, and whether the
    /// context was guessed.
    pub fn base_confidence(&self, change: &Change) -> Confidence {
        let context = self.context_confidence(change.point());
        let Some(node) = change.base_node else { return context };
        let heap = self.stages.heap;
        // A container's own method is no method of what is none.
        let kind = match (change.write, change.target) {
            (None, Target::Object(object)) => Some(heap.object(object).kind),
            _ => None,
        };
        let objects = heap
            .points_to(node)
            .iter()
            .filter_map(crate::heap::object::Value::as_object)
            .filter(|&(object, _)| kind.is_none_or(|kind| heap.object(object).kind == kind));
        let mut fresh = 0;
        let mut lasting = FxHashSet::default();
        for (object, lifetime) in objects {
            match lifetime {
                Lifetime::Fresh => fresh += 1,
                Lifetime::Module => {
                    lasting.insert(self.made_at(object));
                }
            }
        }
        let alias = match (fresh, lasting.len()) {
            (0, ..=8) => Confidence::High,
            (_, ..=8) => Confidence::Medium,
            _ => Confidence::Low,
        };
        weakest(context, alias)
    }

    /// What tells apart where objects are made: those that one piece of code makes for several callers are alike.
    fn made_at(&self, object: ObjectId) -> MadeAt {
        let heap = self.stages.heap;
        match heap.object(object).source {
            Source::Site { file, site, .. } => MadeAt::Site(file, site),
            Source::Call { instance, call, part } => MadeAt::Call(heap.instance(instance).key.file, call, part),
            _ => MadeAt::Other(object),
        }
    }

    /// How sure it is that a write is to something foreign: what may as well be the module's own is a guess.
    pub fn foreign_confidence(&self, change: &Change) -> Confidence {
        let Some(node) = change.base_node else { return self.base_confidence(change) };
        let objects = self.stages.heap.points_to(node).iter().filter_map(crate::heap::object::Value::as_object);
        let is_own =
            |object| matches!(holders::owner_of(&self.stages, object), Owner::File(file) if file == change.file);
        let may_be_own = objects.into_iter().any(|(object, _)| is_own(object));
        if may_be_own { Confidence::Low } else { self.base_confidence(change) }
    }

    /// How sure a growth is: its base, its context, its keys.
    pub fn growth_confidence(&self, change: &Change) -> Confidence {
        // An entry that is put anew, longer, grows under the same key.
        let keyed = self.keys(change).filter(|_| !self.is_rebuilt_entry(change));
        let keys = keyed.map_or(Confidence::High, Keys::confidence);
        let keys = if self.is_registration(change) { Confidence::Medium } else { keys };
        let is_doubtful = |refused: &Refused| {
            matches!(refused, Refused::OnlyWhenAsked(_) | Refused::OtherPath(_) | Refused::UnderOption(_))
        };
        let is_removed_at_times = self.refused_removals(change).iter().any(is_doubtful);
        let removal = if is_removed_at_times { Confidence::Medium } else { Confidence::High };
        let base = self.base_confidence(change);
        // Options of a call are wrapped as often as what lasts.
        let base = if change.kind == "wrap" && base < Confidence::High { Confidence::Low } else { base };
        weakest(weakest(base, keys), removal)
    }

    /// Whether a growth in a library is plainly a registration: a function or class that is stored by a function whose
    /// name says so.
    pub fn is_registration(&self, change: &Change) -> bool {
        if self.context_of(change) != ContextKind::Exported {
            return false;
        }
        let says_so = is_registering(&self.function_text(change.file, change.function));
        let is_stored = || match self.registered_kind(change) {
            Some(Registered::Plainly) => true,
            // What a helper is called inside says nothing of those who call in from outside.
            Some(Registered::Perhaps) => self.is_entered_to_register(change),
            None => false,
        };
        says_so && is_stored() || self.keys(change) == Some(Keys::Registration)
    }

    /// Whether the function that is offered, through which a change is reached, is there to register something.
    fn is_entered_to_register(&self, change: &Change) -> bool {
        self.context_at(change.point()).is_some_and(|context| {
            let root = self.stages.heap.instance(context.root).key;
            is_registering(&self.function_text(root.file, root.function))
        })
    }

    /// Whether what is stored is something that is registered: a function, a class, an object that holds them; or may
    /// be one, since nothing is known of it.
    fn registered_kind(&self, change: &Change) -> Option<Registered> {
        let of_value = |value: Value| match value.kind() {
            ValueKind::Object(object, _) => match self.stages.heap.object(object).kind {
                ObjectKind::Function => Some(Registered::Plainly),
                ObjectKind::Plain => self.holds_functions(object).then_some(Registered::Plainly),
                _ => None,
            },
            ValueKind::Data(data) => matches!(data, Data::Parameter | Data::Unknown).then_some(Registered::Perhaps),
            ValueKind::String(_) => None,
        };
        let of_node = |&node: &NodeId| {
            let values = self.stages.heap.points_to(node);
            if values.is_empty() { Some(Registered::Perhaps) } else { values.iter().filter_map(of_value).max() }
        };
        change.values.iter().filter_map(of_node).max()
    }

    /// Whether an object has methods, or is nothing that the program makes.
    fn holds_functions(&self, object: ObjectId) -> bool {
        let heap = self.stages.heap;
        let is_function =
            |value: Value| value.as_object().is_some_and(|(held, _)| heap.object(held).kind == ObjectKind::Function);
        matches!(heap.object(object).source, Source::External { .. } | Source::Instance { .. })
            || heap.fields_of(object).iter().any(|&(_, node)| heap.points_to(node).iter().any(is_function))
    }

    /// The other growths of the same container.
    pub fn related_growths(&self, change: &Change) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for &id in self.growths_of(change.target) {
            let other = self.change(id);
            let span = other.range.at(other.file);
            let is_same = (other.file, other.range) == (change.file, change.range);
            if !is_same && !steps.iter().any(|step| step.span == span) && self.is_repeated(other) {
                steps.push(Step { span, label: "it grows here too".to_owned() });
            }
            if steps.len() == 10 {
                break;
            }
        }
        steps.sort_by_key(|step| step.span);
        steps
    }

    /// Whether a growth is one of many calls of a memoizer that an earlier one speaks for: what is to be changed is the
    /// memoizer, once.
    pub fn is_told_elsewhere(&self, change: &Change) -> bool {
        let kind = self.context_of(change);
        change.kind == memoized::WRITE
            && self.growths_of(change.target).iter().map(|&id| self.change(id)).any(|other| {
                (other.file, other.range) < (change.file, change.range)
                    && other.kind == change.kind
                    && self.context_of(other) >= kind
            })
    }

    /// The name path of an instance's function.
    pub fn function_of(&self, instance: InstanceId) -> String {
        let key = self.stages.heap.instance(instance).key;
        self.function_path(key.file, key.function)
    }

    /// The strongest context of all instances of a function.
    pub fn strongest_context(&self, file: FileId, function: FunctionId) -> Option<(ContextKind, Entry)> {
        self.instances_of(file, function)
            .iter()
            .filter_map(|&instance| self.stages.contexts.of(instance).map(|context| (context, instance)))
            .max_by_key(|(context, instance)| (context.kind, std::cmp::Reverse(*instance)))
            .map(|(context, _)| self.told(context))
    }

    /// Whether another instance of the same load knows its targets.
    pub fn is_resolved_elsewhere(&self, load: &LoadUse) -> bool {
        self.resolved_loads.contains(&(load.file, load.range))
    }
}

/// Where an object is made.
#[derive(PartialEq, Eq, Hash)]
enum MadeAt {
    /// By a literal.
    Site(FileId, SiteId),
    /// By a call.
    Call(FileId, CallId, u8),
    /// As no other.
    Other(ObjectId),
}

/// How plainly a value is one that is registered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Registered {
    /// Nothing is known of it.
    Perhaps,
    /// It is a function, a class, or an object that has some.
    Plainly,
}

/// Whether a function's name says that it registers something.
fn is_registering(name: &str) -> bool {
    let is_word =
        |word: &str| name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()));
    let lower = name.to_lowercase();
    ["register", "use", "define", "extend"].into_iter().any(is_word)
        || lower.contains("plugin")
        || is_word("add") && lower.ends_with("type")
}

fn weakest(a: Confidence, b: Confidence) -> Confidence {
    a.min(b)
}

fn is_length(change: &Change) -> bool {
    change.effect == Effect::Remove && change.field.is_some() && change.key.is_none() && change.kind == "assign"
}
