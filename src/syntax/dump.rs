//! Facts as text, one constraint a line, for tests and for looking at.

use std::fmt::Write as _;

use super::facts::{
    Callee, Constant, Constraint, Export, FunctionId, Key, ModuleFacts, NameId, Place, Run, Test, ValueId,
};
use crate::base::index::Idx;

/// All functions with their constraints, then writes, guards and exports.
pub(super) fn dump(facts: &ModuleFacts) -> String {
    let mut out = String::new();
    for id in facts.functions.ids() {
        let function = &facts.functions[id];
        let name = function.name.map_or("-", |name| facts.name(name));
        let _ = writeln!(out, "fn {} {name} {:?} {:?}", id.index(), function.kind.form, function.cloning);
        for param in facts.params_of(id) {
            let name = param.name.map_or("-", |name| facts.name(name));
            let rest = if param.is_rest { "..." } else { "" };
            let _ = writeln!(out, "  param {rest}{name} {}", value(param.value));
        }
        for constraint in facts.constraints_of(id) {
            let _ = writeln!(out, "  {}", line(facts, constraint));
        }
    }
    for binding in &facts.bindings {
        let captured = if binding.is_captured { " captured" } else { "" };
        let name = facts.name(binding.name);
        let _ = writeln!(
            out,
            "binding {name} {:?} f{} {}{captured}",
            binding.kind,
            binding.function.0,
            value(binding.home)
        );
    }
    for write in &facts.writes {
        let place = place(facts, write.place);
        let guards = guards(facts, write.guards);
        let _ = writeln!(out, "write f{} {place} {:?} {:?}{guards}", write.function.0, write.form, write.reuse);
    }
    for export in &facts.exports {
        let _ = writeln!(out, "{}", exported(facts, export));
    }
    out
}

fn exported(facts: &ModuleFacts, export: &Export) -> String {
    match *export {
        Export::Binding { name, binding, .. } => {
            format!("export {} = {}", facts.name(name), facts.name(facts.bindings[binding].name))
        }
        Export::Value { name, value: node, .. } => format!("export {} = {}", facts.name(name), value(node)),
        Export::From { name, import } => {
            let import = &facts.imports[import];
            format!("export {} from {}", facts.name(name), facts.name(import.specifier))
        }
        Export::All { import } => format!("export * from {}", facts.name(facts.imports[import].specifier)),
        Export::Assign { value: node, .. } => format!("export = {}", value(node)),
    }
}

fn guards(facts: &ModuleFacts, run: Run) -> String {
    facts.guards_in(run).fold(String::new(), |mut out, guard| {
        let not = if guard.holds { "" } else { "!" };
        let _ = write!(out, " if {not}{}", test(facts, guard.test));
        out
    })
}

fn test(facts: &ModuleFacts, test: Test) -> String {
    match test {
        Test::Truthy { place: Some(at), .. } => format!("truthy({})", place(facts, at)),
        Test::Truthy { place: None, value: node } => format!("truthy({})", value(node)),
        Test::Size { container } => format!("size({})", value(container)),
        Test::Compare { place: Some(at), .. } => format!("compare({})", place(facts, at)),
        Test::Compare { place: None, value: node, .. } => format!("compare({})", value(node)),
        Test::Has { container, key } => format!("has({}, {})", value(container), value(key)),
        Test::Equal { left, right, .. } => format!("equal({}, {})", value(left), value(right)),
        Test::Round(_) => "round".into(),
        Test::Other => "other".into(),
    }
}

fn place(facts: &ModuleFacts, place: Place) -> String {
    match place {
        Place::Binding(binding) => facts.name(facts.bindings[binding].name).into(),
        Place::Global(name) => format!("global {}", facts.name(name)),
        Place::Property { base, key } => format!("{}{}", value(base), key_text(facts, key)),
    }
}

fn value(node: ValueId) -> String {
    match node.0 {
        0 => "this".into(),
        1 => "return".into(),
        2 => "thrown".into(),
        3 => "yielded".into(),
        4 => "arguments".into(),
        5 => "self".into(),
        other => format!("v{other}"),
    }
}

fn key_text(facts: &ModuleFacts, key: Key) -> String {
    match key {
        Key::Name(name) => format!(".{}", facts.name(name)),
        Key::Index(index) => format!("[{index}]"),
        Key::Computed(node) => format!("[{}]", value(node)),
        Key::Element => "[*]".into(),
    }
}

fn function(id: FunctionId) -> String {
    format!("f{}", id.0)
}

fn text(facts: &ModuleFacts, name: NameId) -> String {
    format!("{:?}", facts.name(name))
}

fn list(facts: &ModuleFacts, run: Run) -> String {
    let parts: Vec<String> = facts.arguments[run.indices()]
        .iter()
        .map(|part| format!("{}{}", if part.is_spread { "..." } else { "" }, value(part.value)))
        .collect();
    parts.join(", ")
}

fn line(facts: &ModuleFacts, constraint: &Constraint) -> String {
    match *constraint {
        Constraint::Copy { dst, src } => format!("{} = {}", value(dst), value(src)),
        Constraint::Narrow { dst, src, test } => {
            format!("{} = {} where {:?}", value(dst), value(src), facts.conditions[test as usize])
        }
        Constraint::String { dst, value: name } => format!("{} = {}", value(dst), text(facts, name)),
        Constraint::Origin { dst, origin } => format!("{} = {origin:?}", value(dst)),
        Constraint::Alloc { dst, site } => format!("{} = new {:?}", value(dst), facts.sites[site].kind),
        Constraint::Closure { dst, function: id } => format!("{} = closure {}", value(dst), function(id)),
        Constraint::Class { dst, class } => {
            format!("{} = class {}", value(dst), function(facts.classes[class].constructor))
        }
        Constraint::Load { dst, base, key } => format!("{} = {}{}", value(dst), value(base), key_text(facts, key)),
        Constraint::InitConstant { base, key, value: Constant::Text(name) } => {
            format!("{}{} = {}", value(base), key_text(facts, key), text(facts, name))
        }
        Constraint::InitConstant { base, key, value: Constant::Origin(origin) } => {
            format!("{}{} = {origin:?}", value(base), key_text(facts, key))
        }
        Constraint::Store { base, key, src } | Constraint::Init { base, key, src } => {
            format!("{}{} = {}", value(base), key_text(facts, key), value(src))
        }
        Constraint::Accessor { base, key, kind, src } => {
            format!("{}{} = {kind:?} {}", value(base), key_text(facts, key), value(src))
        }
        Constraint::CopyAll { dst, src, except } => {
            let names: Vec<&str> = facts.name_lists[except.indices()].iter().map(|&name| facts.name(name)).collect();
            format!("{}.* = {}.* but [{}]", value(dst), value(src), names.join(", "))
        }
        Constraint::Iterate { dst, src, index, .. } => format!("{} = element {index:?} of {}", value(dst), value(src)),
        Constraint::SpreadInto { dst, src } => format!("{}[*] = ...{}", value(dst), value(src)),
        Constraint::KeysOf { dst, src } => format!("{} = keys of {}", value(dst), value(src)),
        Constraint::Call { call } => called(facts, call),
        Constraint::Concat { dst, parts } => format!("{} = concat({})", value(dst), list(facts, parts)),
        Constraint::Decide { dst, src } => format!("{} = decide {}", value(dst), value(src)),
        Constraint::Derive { dst, src } => format!("{} = derive {}", value(dst), value(src)),
        Constraint::Await { dst, src } => format!("{} = await {}", value(dst), value(src)),
        Constraint::Return { src } => format!("return {}", value(src)),
        Constraint::LoadOuter { dst, binding } => {
            format!("{} = outer {}", value(dst), facts.name(facts.bindings[binding].name))
        }
        Constraint::StoreOuter { binding, src } => {
            format!("outer {} = {}", facts.name(facts.bindings[binding].name), value(src))
        }
        Constraint::OuterThis { dst, function: id } => format!("{} = this of {}", value(dst), function(id)),
        Constraint::OuterArguments { dst, function: id } => format!("{} = arguments of {}", value(dst), function(id)),
        Constraint::LoadImport { dst, import } => {
            let import = &facts.imports[import];
            format!("{} = import {:?} of {}", value(dst), import.what, text(facts, import.specifier))
        }
        Constraint::Helper { dst, name, src } => {
            format!("{} = helper {}, or {}", value(dst), facts.name(name), value(src))
        }
        Constraint::LoadGlobal { dst, name } => format!("{} = global {}", value(dst), facts.name(name)),
        Constraint::StoreGlobal { name, src } => format!("global {} = {}", facts.name(name), value(src)),
        Constraint::ImportMeta { dst } => format!("{} = import.meta", value(dst)),
        Constraint::SuperObject { dst, .. } => format!("{} = super", value(dst)),
        Constraint::NewTarget { dst } => format!("{} = new.target", value(dst)),
    }
}

fn called(facts: &ModuleFacts, id: super::facts::CallId) -> String {
    let call = &facts.calls[id];
    let callee = match call.callee {
        Callee::Value(node) => value(node),
        Callee::Method { base, key } => format!("{}{}", value(base), key_text(facts, key)),
        Callee::Super(_) => "super".into(),
        Callee::SuperMethod { key, .. } => format!("super{}", key_text(facts, key)),
        Callee::Import => "import".into(),
    };
    let guards = guards(facts, call.guards);
    format!("{} = {:?} {callee}({}){guards}", value(call.dst), call.kind, list(facts, call.arguments))
}
