//! The JSON schema of the configuration.

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

#[derive(JsonSchema)]
#[schemars(title = "modleak configuration", deny_unknown_fields)]
#[allow(dead_code, reason = "the type is only there for its schema; the reader keeps places, which serde drops")]
struct ConfigFile {
    /// The schema of this file, for editors.
    #[schemars(rename = "$schema")]
    schema: Option<String>,
    /// Configurations to start from: paths (`./base.json`), or packages in `node_modules`. The last has the last word.
    extends: Option<OneOrMany>,
    /// Globs of files and folders that are not analysed, besides those that git ignores.
    ignore: Option<Vec<String>>,
    /// Globs of test code, besides what is known by its name.
    tests: Option<Vec<String>>,
    /// Globs of files whose exports are called by someone outside of the project.
    entries: Option<Vec<String>>,
    /// How severe each rule's findings are.
    rules: Option<BTreeMap<String, RuleLevel>>,
    /// Other levels for some files. The last one that says something about a rule counts.
    overrides: Option<Vec<Override>>,
    /// Files that teach the analyser further frameworks and libraries, relative to this file.
    models: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only there for its schema")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code, reason = "only there for its schema")]
enum RuleLevel {
    Off,
    Info,
    Warning,
    Error,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only there for its schema")]
struct Override {
    /// Globs of the files that are meant.
    files: Vec<String>,
    /// How severe each rule's findings in them are.
    rules: Option<BTreeMap<String, RuleLevel>>,
}

/// The schema of `modleak.json`, for rules of these names.
pub fn schema(rules: &[String]) -> Value {
    let mut schema = schema_for!(ConfigFile).to_value();
    let levels: serde_json::Map<String, Value> =
        rules.iter().map(|rule| (rule.clone(), json!({"$ref": "#/$defs/RuleLevel"}))).collect();
    for pointer in ["/properties/rules", "/$defs/Override/properties/rules"] {
        if let Some(Value::Object(object)) = schema.pointer_mut(pointer) {
            object.insert("additionalProperties".to_string(), Value::Bool(false));
            object.insert("properties".to_string(), Value::Object(levels.clone()));
        }
    }
    schema
}
