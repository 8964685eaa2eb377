//! Reads files that frameworks call by convention, parameter lists that show a handler, and methods that belong together.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::calls::FactsReader;
use super::facts::{Convention, Counterparts, HandlerShape};
use super::path::expand_braces;
use super::read::{Read, Source};
use super::words::CONTEXTS;
use crate::base::finding::ContextKind;

const CONVENTION_KEYS: [&str; 10] =
    ["files", "dependencies", "beside", "unloaded", "exports", "directive", "context", "params", "label", "see"];

/// The `conventions` of a file.
pub(super) fn conventions<'a>(reader: &FactsReader<'_, 'a>, root: &Object<'a>) -> Read<Vec<Convention>> {
    let source = reader.source;
    let mut found = Vec::new();
    let Some(list) = root.get("conventions") else { return Ok(found) };
    for element in &source.array(&list.value, "conventions")?.elements {
        let object = source.object(element, "a convention")?;
        source.check_keys(object, "convention", &CONVENTION_KEYS)?;
        for key in ["files", "exports", "context", "label"] {
            if object.get(key).is_none() {
                return Err(source.error(object.range.start, format!("a convention needs `{key}`")));
            }
        }
        let mut convention = Convention {
            files: Vec::new(),
            dependencies: Vec::new(),
            beside: Vec::new(),
            is_unloaded: false,
            exports: Vec::new(),
            directive: None,
            context: ContextKind::Request,
            params: Vec::new(),
            label: String::new(),
        };
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "files" => convention.files = expanded_strings(source, value, "files")?,
                "dependencies" => convention.dependencies = expanded_strings(source, value, "dependencies")?,
                "beside" => convention.beside = expanded_strings(source, value, "beside")?,
                "unloaded" => convention.is_unloaded = reader.boolean(value, "unloaded")?,
                "exports" => convention.exports = expanded_strings(source, value, "exports")?,
                "directive" => convention.directive = Some(source.string(value, "directive")?.to_owned()),
                "context" => convention.context = source.word(value, "context", CONTEXTS)?,
                "params" => convention.params = reader.params(value)?,
                "label" => source.string(value, "label")?.clone_into(&mut convention.label),
                _ => {}
            }
        }
        found.push(convention);
    }
    Ok(found)
}

/// Strings with what their braces stand for.
fn expanded_strings<'a>(source: Source<'a>, value: &Value<'a>, what: &str) -> Read<Vec<String>> {
    let mut expanded = Vec::new();
    for text in source.strings(value, what)? {
        expanded.extend(expand_braces(&text).map_err(|message| source.error(value.start(), message))?);
    }
    Ok(expanded)
}

/// The `counterparts` of a file.
pub(super) fn counterparts<'a>(source: Source<'a>, root: &Object<'a>) -> Read<Vec<Counterparts>> {
    let mut found = Vec::new();
    let Some(list) = root.get("counterparts") else { return Ok(found) };
    for element in &source.array(&list.value, "counterparts")?.elements {
        let object = source.object(element, "counterparts")?;
        source.check_keys(object, "counterparts", &["puts", "takes", "see"])?;
        let names = |key| match object.get(key) {
            Some(property) => source.strings(&property.value, key),
            None => Err(source.error(object.range.start, format!("counterparts need `{key}`"))),
        };
        found.push(Counterparts { puts: names("puts")?, takes: names("takes")? });
    }
    Ok(found)
}

/// The `handlers` of a file.
pub(super) fn handler_shapes<'a>(reader: &FactsReader<'_, 'a>, root: &Object<'a>) -> Read<Vec<HandlerShape>> {
    let source = reader.source;
    let mut found = Vec::new();
    let Some(list) = root.get("handlers") else { return Ok(found) };
    for element in &source.array(&list.value, "handlers")?.elements {
        let object = source.object(element, "a handler")?;
        source.check_keys(object, "handler", &["names", "members", "context", "params", "see"])?;
        for key in ["names", "members", "context"] {
            if object.get(key).is_none() {
                return Err(source.error(object.range.start, format!("a handler needs `{key}`")));
            }
        }
        let mut shape =
            HandlerShape { names: Vec::new(), members: Vec::new(), context: ContextKind::Request, params: Vec::new() };
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "names" => {
                    for names in &source.array(value, "names")?.elements {
                        shape.names.push(source.strings(names, "a parameter's names")?);
                    }
                }
                "members" => shape.members = source.strings(value, "members")?,
                "context" => shape.context = source.word(value, "context", CONTEXTS)?,
                "params" => shape.params = reader.params(value)?,
                _ => {}
            }
        }
        found.push(shape);
    }
    Ok(found)
}
