//! Code that runs once: it stands behind a check that a lasting place is empty, and the same function fills that place.
//!
//! `if (started) return; started = true; …`, `if (!table) table = load()`. A place that is also written elsewhere (a flag
//! that is set back, a cache that is dropped) makes nothing run once.

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::Heap;
use crate::heap::instance::Phase;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source};
use crate::syntax::facts::{BindingId, Key, MODULE_BODY, ModuleFacts, Place, Run, Test, WriteForm};

/// Whether guards of a function's code let it run once only.
pub fn runs_once(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, instance: InstanceId, guards: Run) -> bool {
    if guards.is_empty() {
        return false;
    }
    let file = &facts[heap.instance(instance).key.file];
    file.guards_in(guards).any(|guard| match guard.test {
        Test::Truthy { place: Some(place), .. } if !guard.holds => {
            lasts(heap, file, instance, place) && is_set_here_alone(heap, file, instance, place)
        }
        _ => false,
    })
}

/// Whether a place is one for the whole process, and not one for each call, request or entry.
fn lasts(heap: &Heap, facts: &ModuleFacts, instance: InstanceId, place: Place) -> bool {
    match place {
        Place::Binding(binding) => binding_lasts(heap, facts, instance, binding),
        Place::Global(_) => true,
        Place::Property { base, key: Key::Name(_) } => {
            let node = heap.node(instance, base);
            let mut objects = heap.points_to(node).iter().filter_map(crate::heap::object::Value::as_object).peekable();
            objects.peek().is_some()
                && objects.all(|(object, lifetime)| lifetime == Lifetime::Module && is_made_once(heap, object))
        }
        Place::Property { .. } => false,
    }
}

fn binding_lasts(heap: &Heap, facts: &ModuleFacts, instance: InstanceId, binding: BindingId) -> bool {
    let owner = facts.bindings[binding].function;
    let (mut at, mut lifetime) = (instance, Lifetime::Fresh);
    loop {
        let key = &heap.instance(at).key;
        if key.function == owner {
            return at != instance && (owner == MODULE_BODY || lifetime == Lifetime::Module);
        }
        lifetime = lifetime.max(key.environment);
        match key.parent {
            Some(parent) => at = parent,
            None => return false,
        }
    }
}

/// Whether an object exists once: it is made while modules load.
fn is_made_once(heap: &Heap, object: ObjectId) -> bool {
    match heap.object(object).source {
        Source::Site { instance, .. } | Source::Instance { instance, .. } | Source::Call { instance, .. } => {
            heap.instance(instance).key.phase == Phase::Init
        }
        Source::Exports(_) | Source::Module(_) | Source::Global | Source::Class { .. } | Source::Prototype { .. } => {
            true
        }
        Source::Clone { root, .. } => is_made_once(heap, root),
        Source::Function { parent, .. } => heap.instance(parent).key.phase == Phase::Init,
        _ => false,
    }
}

/// Whether the function of an instance fills a place, and nothing else of the file writes it but the module's body.
fn is_set_here_alone(heap: &Heap, facts: &ModuleFacts, instance: InstanceId, place: Place) -> bool {
    let function = heap.instance(instance).key.function;
    let is_filling = |form: WriteForm| matches!(form, WriteForm::Assign | WriteForm::InitAssign | WriteForm::Update);
    match place {
        Place::Property { base, key } => {
            let node = heap.node(instance, base);
            let mut is_set = false;
            for write in &facts.writes {
                let Place::Property { base: written, key: name } = write.place else { continue };
                if name != key || !is_filling(write.form) {
                    continue;
                }
                if write.function == function {
                    let other = heap.node(instance, written);
                    is_set |= other == node || heap.points_to(other) == heap.points_to(node);
                } else if write.function != MODULE_BODY
                    && !write.is_initializer
                    && !is_constructor(facts, write.function)
                {
                    return false;
                }
            }
            is_set
        }
        place => {
            let mut writes = facts.writes.iter().filter(|w| w.place == place && w.function != MODULE_BODY);
            let first = writes.next();
            first.is_some_and(|write| write.function == function && is_filling(write.form)) && writes.next().is_none()
        }
    }
}

fn is_constructor(facts: &ModuleFacts, function: crate::syntax::facts::FunctionId) -> bool {
    facts.functions[function].kind.form == crate::syntax::facts::FunctionForm::Constructor
}
