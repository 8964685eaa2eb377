//! From model files to the trie: paths first, then links, then facts.

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;
use rustc_hash::FxHashMap;

use super::Models;
use super::calls::{CALL_KEYS, FactsReader, one_or_many};
use super::conventions;
use super::facts::{CallFacts, PathId};
use super::path::{Segment, expand_braces, parse_path};
use super::providers;
use super::read::{ModelError, Read, Source, key_start, unknown};
use super::trie::{GLOBALS, IsMember, Trie};
use crate::base::source::LineIndex;

const FILE_KEYS: [&str; 10] = [
    "see",
    "about",
    "define",
    "packages",
    "globals",
    "aliases",
    "conventions",
    "handlers",
    "counterparts",
    "providers",
];
const ENTRY_KEYS: [&str; 14] = [
    "calls",
    "returns",
    "does",
    "when",
    "loads",
    "new",
    "decorator",
    "value",
    "carries",
    "inherits",
    "wraps",
    "provides",
    "like",
    "see",
];

/// What carries what a container of dependencies provides.
const PROVIDED: &str = "provided";

/// Reads model files, each a name (for errors) and a text. What a later file says of a path replaces what an earlier
/// one says.
///
/// # Errors
///
/// The first fault of the first file that has one.
pub fn parse(sources: &[(&str, &str)]) -> Result<Models, ModelError> {
    let mut files = Vec::new();
    for &(name, text) in sources {
        let source = Source { name, text };
        let root = source.parse()?;
        source.check_keys(&root, "model file", &FILE_KEYS)?;
        check_see(source, &root)?;
        files.push((source, root));
    }
    let mut trie = Trie::default();
    let mut entries = Vec::new();
    for (source, root) in &files {
        entries.extend(file_entries(*source, root, &mut trie)?);
    }
    link_aliases(&files, &mut trie)?;
    link_entries(&entries, &mut trie)?;
    fill_facts(&entries, &mut trie)?;
    trie.inherit_facts();
    let mut models = Models { trie, ..Models::default() };
    for (source, root) in &files {
        let reader = FactsReader { source: *source, trie: &models.trie, home: None };
        models.conventions.extend(conventions::conventions(&reader, root)?);
        providers::provider_words(*source, root, &mut models.provider_words)?;
        models.counterparts.extend(conventions::counterparts(*source, root)?);
        models.handler_shapes.extend(conventions::handler_shapes(&reader, root)?);
    }
    Ok(models)
}

/// What a file says of one path.
struct Entry<'v, 'a> {
    source: Source<'a>,
    /// The package's root.
    home: PathId,
    at: PathId,
    /// Where the path stands.
    offset: usize,
    /// The objects that describe it: templates and its own.
    parts: Vec<&'v Object<'a>>,
}

/// A file may say where its facts are from: in addresses, or in words where a project's own library is written down.
fn check_see(source: Source<'_>, root: &Object<'_>) -> Read<()> {
    root.get("see").map_or(Ok(()), |see| source.strings(&see.value, "see").map(|_| ()))
}

type Templates<'v, 'a> = FxHashMap<&'v str, &'v Value<'a>>;

fn file_entries<'v, 'a>(source: Source<'a>, root: &'v Object<'a>, trie: &mut Trie) -> Read<Vec<Entry<'v, 'a>>> {
    let mut templates = Templates::default();
    if let Some(define) = root.get("define") {
        let define = source.object(&define.value, "define")?;
        source.check_unique(define)?;
        templates.extend(define.properties.iter().map(|property| (property.name.as_str(), &property.value)));
    }
    for template in root.get_object("define").into_iter().flat_map(|define| &define.properties) {
        entry_parts(source, &template.value, &templates, 0)?;
    }
    let mut entries = Vec::new();
    if let Some(globals) = root.get("globals") {
        let home = trie.add_package(GLOBALS);
        path_entries(source, home, &globals.value, &templates, trie, &mut entries)?;
    }
    if let Some(packages) = root.get("packages") {
        let packages = source.object(&packages.value, "packages")?;
        source.check_unique(packages)?;
        for package in &packages.properties {
            for name in names_of(source, package)? {
                let home = trie.add_package(&name);
                path_entries(source, home, &package.value, &templates, trie, &mut entries)?;
            }
        }
    }
    Ok(entries)
}

fn names_of(source: Source<'_>, property: &ObjectProp<'_>) -> Read<Vec<String>> {
    expand_braces(property.name.as_str()).map_err(|message| source.error(key_start(property), message))
}

fn path_entries<'v, 'a>(
    source: Source<'a>,
    home: PathId,
    paths: &'v Value<'a>,
    templates: &Templates<'v, 'a>,
    trie: &mut Trie,
    entries: &mut Vec<Entry<'v, 'a>>,
) -> Read<()> {
    let paths = source.object(paths, "a package's paths")?;
    source.check_unique(paths)?;
    for property in &paths.properties {
        let offset = key_start(property);
        let parts = entry_parts(source, &property.value, templates, 0)?;
        for path in names_of(source, property)? {
            let segments = parse_path(&path).map_err(|message| source.error(offset, message))?;
            let at = trie.add_path(home, &segments);
            if parts.iter().any(|part| part.get("decorator").is_some()) {
                // `@Get` and `@Get('/x')` mean the same.
                let called = trie.add_path(at, &[Segment::Return]);
                trie.link(called, at);
            }
            entries.push(Entry { source, home, at, offset, parts: parts.clone() });
        }
    }
    Ok(())
}

/// How deep templates may use templates.
const TEMPLATE_DEPTH: u32 = 8;

fn entry_parts<'v, 'a>(
    source: Source<'a>,
    value: &'v Value<'a>,
    templates: &Templates<'v, 'a>,
    depth: u32,
) -> Read<Vec<&'v Object<'a>>> {
    let mut parts = Vec::new();
    for element in one_or_many(value) {
        match element {
            Value::Object(object) => {
                source.check_keys(object, "entry", &ENTRY_KEYS)?;
                parts.push(object);
            }
            Value::StringLit(name) => match templates.get(&*name.value) {
                Some(_) if depth == TEMPLATE_DEPTH => {
                    return Err(source.error(name.range.start, format!("`{}` is defined by itself", name.value)));
                }
                Some(template) => parts.extend(entry_parts(source, template, templates, depth + 1)?),
                None => {
                    let mut known: Vec<&str> = templates.keys().copied().collect();
                    known.sort_unstable();
                    return Err(source.error(name.range.start, unknown("name of `define`", &name.value, &known)));
                }
            },
            other => return Err(source.error(other.start(), "an entry is an object or a name of `define`")),
        }
    }
    Ok(parts)
}

/// `"lodash.*": "lodash *"`: `*` on the right is what `*` on the left stands for.
fn link_aliases<'a>(files: &[(Source<'a>, Object<'a>)], trie: &mut Trie) -> Read<()> {
    for (source, root) in files {
        let Some(aliases) = root.get("aliases") else { continue };
        for alias in &source.object(&aliases.value, "aliases")?.properties {
            let text = source.string(&alias.value, "an alias")?;
            let (target, is_member) = match text.strip_suffix(" *") {
                Some(package) => (package, IsMember::Yes),
                None => (text, IsMember::No),
            };
            let reader = FactsReader { source: *source, trie, home: None };
            let reference = if target.contains(' ') { target.to_owned() } else { format!("{target} .") };
            let target = reader.reference(alias.value.start(), &reference)?;
            for pattern in names_of(*source, alias)? {
                trie.add_alias(&pattern, target, is_member);
            }
        }
    }
    Ok(())
}

/// Sets the links. A link's target may exist only through another link: so this goes on while something new is found.
fn link_entries(entries: &[Entry<'_, '_>], trie: &mut Trie) -> Read<()> {
    let mut open: Vec<(&Entry<'_, '_>, usize, String)> = Vec::new();
    for entry in entries {
        for part in &entry.parts {
            for like in part.get("like").map(|like| one_or_many(&like.value)).into_iter().flatten() {
                open.push((entry, like.start(), entry.source.string(like, "like")?.to_owned()));
            }
        }
    }
    while !open.is_empty() {
        let count = open.len();
        let mut failed = None;
        let mut left = Vec::new();
        for (entry, offset, text) in open {
            let reader = FactsReader { source: entry.source, trie, home: Some(entry.home) };
            match reader.reference(offset, &text) {
                Ok(like) => trie.link(entry.at, like),
                Err(error) => {
                    failed.get_or_insert(error);
                    left.push((entry, offset, text));
                }
            }
        }
        trie.complete_links();
        if let Some(error) = failed
            && left.len() == count
        {
            return Err(error);
        }
        open = left;
    }
    Ok(())
}

/// What of a path's facts an entry describes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Call,
    Construct,
    Decorator,
    Value,
}

fn fill_facts(entries: &[Entry<'_, '_>], trie: &mut Trie) -> Read<()> {
    let mut filled: FxHashMap<(PathId, Slot), (&str, usize)> = FxHashMap::default();
    for entry in entries {
        let source = entry.source;
        let facts = entry_facts(entry, trie)?;
        let slots = [
            (Slot::Call, facts.call.is_some()),
            (Slot::Construct, facts.construct.is_some()),
            (Slot::Decorator, facts.decorator.is_some()),
            (Slot::Value, facts.value.is_some()),
        ];
        for (slot, _) in slots.into_iter().filter(|(_, is_described)| *is_described) {
            if let Some((file, offset)) = filled.insert((entry.at, slot), (source.name, entry.offset))
                && file == source.name
            {
                let line = LineIndex::new(source.text).position(source.text, u32::try_from(offset).unwrap_or(0)).line;
                let label = &trie.facts(entry.at).label;
                return Err(source.error(entry.offset, format!("`{label}` is described already, on line {line}")));
            }
        }
        let target = trie.facts_mut(entry.at);
        target.call = facts.call.map(Box::new).or(target.call.take());
        target.construct = facts.construct.map(Box::new).or(target.construct.take());
        target.decorator = facts.decorator.map(Box::new).or(target.decorator.take());
        target.value = facts.value.unwrap_or(target.value);
        target.provides = facts.provides.map(Box::new).or(target.provides.take());
        target.carrier.common = facts.carrier.common.or(target.carrier.common);
        target.carrier.has_provided |= facts.carrier.has_provided;
        target.carrier.wraps = facts.carrier.wraps.or(target.carrier.wraps);
        target.carrier.inherits = facts.carrier.inherits.or(target.carrier.inherits);
    }
    Ok(())
}

/// What one entry says.
#[derive(Default)]
struct EntryFacts {
    call: Option<CallFacts>,
    construct: Option<CallFacts>,
    decorator: Option<super::facts::DecoratorFacts>,
    value: Option<super::facts::ValueFacts>,
    carrier: super::facts::CarrierFacts,
    provides: Option<super::facts::ProvidesFacts>,
}

fn entry_facts(entry: &Entry<'_, '_>, trie: &Trie) -> Read<EntryFacts> {
    let source = entry.source;
    let reader = FactsReader { source, trie, home: Some(entry.home) };
    let mut facts = EntryFacts::default();
    for part in &entry.parts {
        if part.properties.iter().any(|property| CALL_KEYS.contains(&property.name.as_str())) {
            reader.call(part, facts.call.get_or_insert_default())?;
        }
        if let Some(property) = part.get("new") {
            let object = source.object(&property.value, "new")?;
            source.check_keys(object, "new", &CALL_KEYS)?;
            reader.call(object, facts.construct.get_or_insert_default())?;
        }
        if let Some(property) = part.get("decorator") {
            facts.decorator = Some(reader.decorator(&property.value)?);
        }
        if let Some(property) = part.get("value") {
            facts.value = Some(reader.value(&property.value)?);
        }
        if let Some(property) = part.get("provides") {
            facts.provides = Some(reader.provides(&property.value)?);
        }
        let path_at = |key: &str| {
            let property = part.get(key)?;
            Some(source.string(&property.value, key).and_then(|text| reader.reference(property.value.start(), text)))
        };
        match part.get("carries").map(|property| &property.value) {
            Some(value) if source.string(value, "carries")? == PROVIDED => facts.carrier.has_provided = true,
            _ => facts.carrier.common = path_at("carries").transpose()?.or(facts.carrier.common),
        }
        facts.carrier.wraps = path_at("wraps").transpose()?.or(facts.carrier.wraps);
        facts.carrier.inherits = path_at("inherits").transpose()?.or(facts.carrier.inherits);
    }
    Ok(facts)
}
