//! Code that runs once: it stands behind a check that a lasting place is empty, and the same function fills that place.
//!
//! `if (started) return; started = true; …`, `if (!table) table = load()`, `if (state !== 'new') return; state = 'ready'`,
//! `if (runs > 0) return; runs = 1`. A place that is also written elsewhere (a flag
//! that is set back, a cache that is dropped) makes nothing run once.

use smallvec::SmallVec;

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::Heap;
use crate::heap::instance::Phase;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source};
use crate::syntax::facts::{
    BindingId, Constraint, FunctionId, Key, MODULE_BODY, ModuleFacts, NameId, Origin, Place, Reuse, Run, Test, ValueId,
    Write, WriteForm,
};

/// Whether guards of a function's code let it run once only.
pub fn runs_once(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, instance: InstanceId, guards: Run) -> bool {
    runs_once_in(heap, facts, instance, guards, is_made_once)
}

/// Whether guards of a function's code let it run once for each lasting object that keeps the flag.
pub fn runs_once_for_each(
    heap: &Heap,
    facts: &IndexVec<FileId, ModuleFacts>,
    instance: InstanceId,
    guards: Run,
) -> bool {
    runs_once_in(heap, facts, instance, guards, |_, _| true)
}

fn runs_once_in(
    heap: &Heap,
    facts: &IndexVec<FileId, ModuleFacts>,
    instance: InstanceId,
    guards: Run,
    is_keeper: fn(&Heap, ObjectId) -> bool,
) -> bool {
    if guards.is_empty() {
        return false;
    }
    let file = &facts[heap.instance(instance).key.file];
    file.guards_in(guards).any(|guard| match guard.test {
        Test::Truthy { place: Some(place), .. } if !guard.holds => {
            lasts(heap, file, instance, place, is_keeper) && is_set_here_alone(heap, file, instance, place)
        }
        // While a number is not above another.
        Test::Compare { place: Some(place), is_below, .. } if is_below == guard.holds => {
            lasts(heap, file, instance, place, is_keeper) && is_left_for_good(heap, file, instance, place, None)
        }
        Test::Equal { place: Some(place), right, .. } if guard.holds => {
            let first = constant(file, heap.instance(instance).key.function, right);
            lasts(heap, file, instance, place, is_keeper)
                && first.is_some_and(|first| is_left_for_good(heap, file, instance, place, Some(first)))
        }
        _ => false,
    })
}

/// Whether a place that holds a constant at first is given another one here, or counted up, and by nobody the first one
/// again.
fn is_left_for_good(
    heap: &Heap,
    facts: &ModuleFacts,
    instance: InstanceId,
    place: Place,
    first: Option<NameId>,
) -> bool {
    let function = heap.instance(instance).key.function;
    let given = |write: &Write| {
        let value = write.value.filter(|_| write.form == WriteForm::Assign)?;
        constant(facts, write.function, value)
    };
    let (beginnings, later): (Vec<&Write>, Vec<&Write>) =
        facts.writes.iter().filter(|write| are_alike(place, write.place)).partition(|write| begins(facts, write));
    let begun: SmallVec<[NameId; 2]> = beginnings.into_iter().filter_map(given).chain(first).collect();
    let is_other = |write: &Write| given(write).is_some_and(|constant| !begun.contains(&constant));
    later.iter().all(|write| write.form == WriteForm::Update || is_other(write))
        && later.iter().any(|write| write.function == function)
}

/// Whether two places of a file are one, or properties of one name.
fn are_alike(a: Place, b: Place) -> bool {
    match (a, b) {
        (Place::Property { key, .. }, Place::Property { key: other, .. }) => key == other,
        (a, b) => a == b,
    }
}

/// `x ??= make()`, `x = x || make()`.
fn initialises(write: &Write) -> bool {
    write.form == WriteForm::InitAssign || write.reuse == Reuse::Keeps
}

/// Whether a write gives a place what it holds at first.
fn begins(facts: &ModuleFacts, write: &Write) -> bool {
    write.function == MODULE_BODY || write.is_initializer || is_constructor(facts, write.function)
}

/// The constant that a value is.
fn constant(facts: &ModuleFacts, function: FunctionId, value: ValueId) -> Option<NameId> {
    facts.constraints_of(function).iter().find_map(|constraint| match *constraint {
        Constraint::String { dst, value: text } if dst == value => Some(text),
        _ => None,
    })
}

/// Whether a place is one for the whole process, and not one for each call, request or entry.
fn lasts(
    heap: &Heap,
    facts: &ModuleFacts,
    instance: InstanceId,
    place: Place,
    is_keeper: fn(&Heap, ObjectId) -> bool,
) -> bool {
    match place {
        Place::Binding(binding) => binding_lasts(heap, facts, instance, binding),
        Place::Global(_) => true,
        Place::Property { base, key: Key::Name(_) } => {
            let node = heap.node(instance, base);
            let mut objects = heap.points_to(node).iter().filter_map(crate::heap::object::Value::as_object).peekable();
            objects.peek().is_some()
                && objects.all(|(object, lifetime)| lifetime == Lifetime::Module && is_keeper(heap, object))
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
            let mut own: SmallVec<[&Write; 2]> = SmallVec::new();
            for write in &facts.writes {
                let Place::Property { base: written, key: name } = write.place else { continue };
                if name != key || !(is_filling(write.form) || write.form == WriteForm::Decrement) {
                    continue;
                }
                if write.function == function {
                    let other = heap.node(instance, written);
                    let is_same = other == node || heap.points_to(other) == heap.points_to(node);
                    own.extend(is_same.then_some(write));
                } else if !begins(facts, write) && !sets_true(facts, write) {
                    return false;
                }
            }
            match own.as_slice() {
                [write] => is_filling(write.form) && is_behind_check(facts, write),
                // `this.busy = true; …; this.busy = false`: it is set back.
                writes => !writes.is_empty() && writes.iter().all(|write| initialises(write)),
            }
        }
        place => {
            let mut writes = facts.writes.iter().filter(|w| {
                let is_elsewhere = w.function != function;
                w.place == place
                    && !(is_elsewhere && (w.function == MODULE_BODY || w.is_initializer || sets_true(facts, w)))
            });
            let first = writes.next();
            let fills =
                |write: &Write| write.function == function && is_filling(write.form) && is_behind_check(facts, write);
            first.is_some_and(fills) && writes.next().is_none()
        }
    }
}

/// Whether a place is only filled where it was found empty: what is overwritten each time lets nothing run once.
fn is_behind_check(facts: &ModuleFacts, write: &Write) -> bool {
    initialises(write)
        || facts.guards_in(write.guards).any(|guard| match guard.test {
            Test::Truthy { place: Some(place), .. } => !guard.holds && are_alike(place, write.place),
            _ => false,
        })
        // It stays set: `const first = !told; told = true;`, `if (runs++) return;`.
        || write.form == WriteForm::Update
        || sets_true(facts, write)
}

/// Whether a write is `flag = true`, which no writer elsewhere undoes.
fn sets_true(facts: &ModuleFacts, write: &Write) -> bool {
    let is_true = |constraint: &Constraint| match *constraint {
        Constraint::Origin { dst, origin: Origin::True } => Some(dst) == write.value,
        _ => false,
    };
    write.form == WriteForm::Assign && facts.constraints_of(write.function).iter().any(is_true)
}

fn is_constructor(facts: &ModuleFacts, function: crate::syntax::facts::FunctionId) -> bool {
    facts.functions[function].kind.form == crate::syntax::facts::FunctionForm::Constructor
}
