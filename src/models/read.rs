//! Reads JSONC with places: every fault is told with its file, line, column and the nearest right word.

use std::fmt;

use jsonc_parser::ast::{Array, Object, ObjectProp, ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::base::source::LineIndex;

/// What is wrong with a model file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelError {
    /// The file's name, as it was given.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units.
    pub column: u32,
    /// What is wrong, and the nearest right word.
    pub message: String,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for ModelError {}

/// What reading gives.
pub(super) type Read<T> = Result<T, ModelError>;

/// A model file's name and text.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its text.
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The fault `message` at a byte offset.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> ModelError {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let place = LineIndex::new(self.text).position(self.text, offset);
        ModelError { file: self.name.into(), line: place.line, column: place.column, message: message.into() }
    }

    /// The file's JSON: an object.
    pub(super) fn parse(&self) -> Read<Object<'a>> {
        let options = ParseOptions {
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            ..ParseOptions::default()
        };
        let parsed = parse_to_ast(self.text, &CollectOptions::default(), &options)
            .map_err(|error| self.error(error.range().start, error.kind().to_string()))?;
        match parsed.value {
            Some(Value::Object(object)) => Ok(object),
            Some(other) => Err(self.error(other.start(), "a model file holds one object")),
            None => Err(self.error(0, "a model file holds one object, and this one is empty")),
        }
    }

    /// `value` as an object.
    pub(super) fn object<'v>(&self, value: &'v Value<'a>, what: &str) -> Read<&'v Object<'a>> {
        value.as_object().ok_or_else(|| self.error(value.start(), format!("{what} must be an object, {{…}}")))
    }

    /// `value` as an array.
    pub(super) fn array<'v>(&self, value: &'v Value<'a>, what: &str) -> Read<&'v Array<'a>> {
        value.as_array().ok_or_else(|| self.error(value.start(), format!("{what} must be an array, […]")))
    }

    /// `value` as a string.
    pub(super) fn string<'v>(&self, value: &'v Value<'a>, what: &str) -> Read<&'v str> {
        match value {
            Value::StringLit(string) => Ok(&string.value),
            _ => Err(self.error(value.start(), format!("{what} must be a string"))),
        }
    }

    /// `value` as a number from 0.
    pub(super) fn number(&self, value: &Value<'a>, what: &str) -> Read<u32> {
        let number = match value {
            Value::NumberLit(number) => number.value.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.error(value.start(), format!("{what} must be a whole number from 0")))
    }

    /// `value` as one string or an array of strings.
    pub(super) fn strings(&self, value: &Value<'a>, what: &str) -> Read<Vec<String>> {
        match value {
            Value::Array(array) => {
                array.elements.iter().map(|element| Ok(self.string(element, what)?.to_owned())).collect()
            }
            Value::StringLit(string) => Ok(vec![string.value.to_string()]),
            _ => Err(self.error(value.start(), format!("{what} must be a string or an array of strings"))),
        }
    }

    /// What the word `value` means in a table of words.
    pub(super) fn word<T: Clone>(&self, value: &Value<'a>, what: &str, words: &[(&str, T)]) -> Read<T> {
        let word = self.string(value, what)?;
        if let Some((_, meaning)) = words.iter().find(|(known, _)| *known == word) {
            return Ok(meaning.clone());
        }
        let known: Vec<&str> = words.iter().map(|&(known, _)| known).collect();
        Err(self.error(value.start(), format!("`{what}` can not be `{word}`: {}", hint(word, &known))))
    }

    /// Checks that an object has only these keys, each once.
    pub(super) fn check_keys(&self, object: &Object<'a>, what: &str, known: &[&str]) -> Read<()> {
        for property in &object.properties {
            let key = property.name.as_str();
            if !known.contains(&key) {
                return Err(self.error(key_start(property), unknown(&format!("{what} key"), key, known)));
            }
        }
        self.check_unique(object)
    }

    /// Checks that no key occurs twice.
    pub(super) fn check_unique(&self, object: &Object<'a>) -> Read<()> {
        let mut seen = rustc_hash::FxHashSet::default();
        for property in &object.properties {
            if !seen.insert(property.name.as_str()) {
                let message = format!("`{}` stands here twice", property.name.as_str());
                return Err(self.error(key_start(property), message));
            }
        }
        Ok(())
    }
}

/// Where a property's key stands.
pub(super) fn key_start(property: &ObjectProp<'_>) -> usize {
    match &property.name {
        ObjectPropName::String(name) => name.range.start,
        ObjectPropName::Word(name) => name.range.start,
    }
}

/// Says that a word is unknown, with the nearest known one, or all of them if none is near.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    format!("unknown {what} `{word}`: {}", hint(word, known))
}

fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none here".to_owned(),
        None => format!("it is one of {}", quoted(known)),
    }
}

/// The known word that is most like `word`, if any is like it at all.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let mut best = None;
    let mut best_score = 0.75;
    for candidate in known {
        let score = strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
        if score > best_score {
            best_score = score;
            best = Some(candidate);
        }
    }
    best
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
