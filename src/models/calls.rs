//! Reads what calls, constructions and decorators do.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::facts::{
    Arguments, CallFacts, CallbackFacts, CallbackResult, Condition, ContainerFacts, CopyDepth, DecoratorFacts, Effect,
    ListenerRemoval, LoaderFacts, LoaderGives, MembersOf, OptionAt, ParamFacts, PathId, ResultFacts, SelfBound, Since,
    ValueFacts,
};
use super::path::{expand_braces, parse_path};
use super::read::{Read, Source, key_start, nearest, unknown};
use super::trie::{GLOBALS, Trie};
use super::words::{
    self, CALLBACK_RESULTS, CONTAINERS, CONTEXTS, DATA, DEPTHS, LOADER_FORMS, LOADER_GIVES, MEMBERS_OF, POSITIONS,
    REMOVALS, RESTORED,
};

const LOADER_KEYS: [&str; 10] =
    ["form", "argument", "option", "from", "deep", "filter", "except", "absolute", "gives", "handlers"];
/// The keys of call facts, which `new` and a plain entry have in common.
pub(super) const CALL_KEYS: [&str; 5] = ["calls", "returns", "does", "when", "loads"];
const CALLBACK_KEYS: [&str; 9] = ["at", "in", "runs", "context", "params", "this", "label", "when", "gives"];
const CONDITION_KEYS: [&str; 5] = ["is", "isNot", "atLeast", "atMost", "path"];
/// The first words of results that are no kind of data.
const RESULTS: [&str; 20] = [
    "path",
    "receiver",
    "derived",
    "deep-copy",
    "opaque",
    "kept",
    "at",
    "argument",
    "property",
    "element",
    "elements",
    "table",
    "groups",
    "boxed",
    "nested",
    "rest",
    "copy",
    "keys",
    "instance",
    "provided",
];
const EFFECTS: [&str; 20] = [
    "copyInto",
    "append",
    "set",
    "remove",
    "rearrange",
    "listen",
    "unlisten",
    "clear",
    "stub",
    "restore",
    "reload",
    "retain",
    "inherit",
    "members",
    "keep",
    "send",
    "carry",
    "provide",
    "lasting",
    "freeze",
];

/// Reads the facts of one entry.
pub(super) struct FactsReader<'r, 'a> {
    /// The file.
    pub(super) source: Source<'a>,
    /// All paths of all files.
    pub(super) trie: &'r Trie,
    /// Where paths without a package begin; none where there is no package.
    pub(super) home: Option<PathId>,
}

impl<'a> FactsReader<'_, 'a> {
    /// The path that a reference names: `#Request`, `node:events EventEmitter.new()`, `global process`.
    pub(super) fn reference(&self, offset: usize, text: &str) -> Read<PathId> {
        let fail = |message: String| self.source.error(offset, message);
        let (root, path) = match text.split_once(' ') {
            Some((package, path)) => {
                let root = self.trie.package(package).ok_or_else(|| {
                    let mut known = self.trie.package_names();
                    known.push(GLOBALS);
                    let hint = nearest(package, known.into_iter());
                    fail(hint.map_or_else(
                        || format!("no model names a package `{package}`"),
                        |near| format!("no model names a package `{package}`: did you mean `{near}`?"),
                    ))
                })?;
                (root, path)
            }
            None => {
                (self.home.ok_or_else(|| fail(format!("`{text}` needs a package before it: `PACKAGE {text}`")))?, text)
            }
        };
        let segments = parse_path(path).map_err(fail)?;
        self.trie.find(root, &segments).map_err(|reached| {
            let label = &self.trie.facts(reached).label;
            let last = path.rsplit(['.', '#']).next().unwrap_or(path);
            match nearest(last, self.trie.known_words(reached).into_iter()) {
                Some(near) => fail(format!("`{text}` leads nowhere: did you mean `{near}` of `{label}`?")),
                None => fail(format!("`{text}` leads nowhere: the models know of it up to `{label}`")),
            }
        })
    }

    pub(super) fn arguments(&self, value: &Value<'a>, what: &str) -> Read<Arguments> {
        let text = match value {
            Value::NumberLit(number) => number.value,
            _ => self.source.string(value, what)?,
        };
        words::arguments(text).ok_or_else(|| {
            let message =
                format!("{what}: `{text}` names no arguments; write `0`, `1..`, `last`, `all`, `receiver` or `made`");
            self.source.error(value.start(), message)
        })
    }

    /// Adds what an object says of a call to `facts`.
    pub(super) fn call(&self, object: &Object<'a>, facts: &mut CallFacts) -> Read<()> {
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "calls" => {
                    for element in one_or_many(value) {
                        facts.callbacks.push(self.callback(element)?);
                    }
                }
                "returns" => facts.result = self.result(value)?,
                "does" => {
                    for element in one_or_many(value) {
                        facts.effects.push(self.effect(element)?);
                    }
                }
                "when" => facts.when.extend(self.conditions(value)?),
                "loads" => facts.loader = Some(self.loader(value)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn callback(&self, value: &Value<'a>) -> Read<CallbackFacts> {
        let object = self.source.object(value, "a callback")?;
        self.source.check_keys(object, "callback", &CALLBACK_KEYS)?;
        let required = |key: &str| {
            object
                .get(key)
                .map(|property| &property.value)
                .ok_or_else(|| self.source.error(object.range.start, format!("a callback needs `{key}`")))
        };
        let mut callback = CallbackFacts {
            argument: self.arguments(required("at")?, "at")?,
            path: Vec::new(),
            position: self.source.word(required("runs")?, "runs", POSITIONS)?,
            context: None,
            params: Vec::new(),
            this: None,
            label: None,
            when: Vec::new(),
            returns: CallbackResult::default(),
        };
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "in" => callback.path = self.way(value)?,
                "context" => callback.context = Some(self.source.word(value, "context", CONTEXTS)?),
                "params" => callback.params = self.params(value)?,
                "this" => callback.this = Some(self.param(value)?),
                "label" => callback.label = Some(self.source.string(value, "label")?.to_owned()),
                "when" => callback.when = self.conditions(value)?,
                "gives" => callback.returns = self.callback_gives(value)?,
                _ => {}
            }
        }
        Ok(callback)
    }

    /// `hooks.*`, `resolvers.**`, `fields.().*.resolve`: the way from an argument to the functions in it.
    fn way(&self, value: &Value<'a>) -> Read<Vec<String>> {
        let text = self.source.string(value, "in")?;
        let is_step = |step: &str| {
            matches!(step, "*" | "**" | "()")
                || !step.is_empty() && !step.contains(['(', ')', '[', ']', '{', '}', '*', ' ', '#'])
        };
        match text.split('.').find(|step| !is_step(step)) {
            Some(step) => Err(self.source.error(
                value.start(),
                format!("in: `{text}` is no way inside an argument: `{step}` can not stand there"),
            )),
            None => Ok(text.split('.').map(str::to_owned).collect()),
        }
    }

    fn callback_gives(&self, value: &Value<'a>) -> Read<CallbackResult> {
        let text = self.source.string(value, "gives")?;
        let path = text.strip_prefix("at ").or(text.starts_with('#').then_some(text));
        match path {
            Some(path) => Ok(CallbackResult::Carried(self.reference(value.start(), path)?)),
            None => self.source.word(value, "gives", CALLBACK_RESULTS),
        }
    }

    /// What a callback's parameters hold, by their place; `null` for what is not known.
    pub(super) fn params(&self, value: &Value<'a>) -> Read<Vec<(u32, ParamFacts)>> {
        let mut params = Vec::new();
        for (place, element) in (0..).zip(&self.source.array(value, "params")?.elements) {
            if element.as_null_keyword().is_none() {
                for fact in one_or_many(element) {
                    params.push((place, self.param(fact)?));
                }
            }
        }
        Ok(params)
    }

    fn param(&self, value: &Value<'a>) -> Read<ParamFacts> {
        let text = self.source.string(value, "a parameter")?;
        if text.starts_with('#') {
            return Ok(ParamFacts::Path(self.reference(value.start(), text)?));
        }
        if let Some((word, rest)) = text.split_once(' ') {
            let argument = || self.arguments_after(value, word, rest);
            match word {
                "at" => return Ok(ParamFacts::Path(self.reference(value.start(), rest)?)),
                "element" => return Ok(ParamFacts::ElementOf(argument()?)),
                "key" => return Ok(ParamFacts::KeyOf(argument()?)),
                "argument" => return Ok(ParamFacts::Argument(argument()?)),
                "sent" => return Ok(ParamFacts::Sent(argument()?)),
                "accumulator" => return Ok(ParamFacts::Accumulator(argument()?)),
                _ => {}
            }
        }
        if text == "receiver" {
            return Ok(ParamFacts::Receiver);
        }
        let mut known: Vec<&str> = DATA.iter().map(|&(word, _)| word).collect();
        known.extend(["at", "element", "key", "argument", "accumulator", "sent", "receiver"]);
        match DATA.iter().find(|(word, _)| *word == text) {
            Some(&(_, data)) => Ok(ParamFacts::Data(data)),
            None => Err(self.source.error(value.start(), unknown("parameter", text, &known))),
        }
    }

    fn arguments_after(&self, value: &Value<'a>, word: &str, rest: &str) -> Read<Arguments> {
        words::arguments(rest).ok_or_else(|| {
            let message =
                format!("`{rest}` names no arguments; write `{word} 0`, `{word} 1..`, `{word} last` or `{word} all`");
            self.source.error(value.start(), message)
        })
    }

    fn result(&self, value: &Value<'a>) -> Read<ResultFacts> {
        if let Value::Object(object) = value {
            return Ok(ResultFacts::Container(self.container(object)?));
        }
        let text = self.source.string(value, "returns")?;
        if text.starts_with('#') {
            return Ok(ResultFacts::At(self.reference(value.start(), text)?));
        }
        if let Some((word, rest)) = text.split_once(' ') {
            let argument = || self.arguments_after(value, word, rest);
            match word {
                "at" => return Ok(ResultFacts::At(self.reference(value.start(), rest)?)),
                "argument" => return Ok(ResultFacts::Argument(argument()?)),
                "property" => return Ok(ResultFacts::Property(argument()?)),
                "element" => return Ok(ResultFacts::ElementOf(argument()?)),
                "elements" => return Ok(ResultFacts::ElementsOf(argument()?)),
                "table" => return Ok(ResultFacts::TableOf(argument()?)),
                "groups" => return Ok(ResultFacts::GroupsOf(argument()?)),
                "boxed" => return Ok(ResultFacts::Boxed(argument()?)),
                "rest" => {
                    if let Arguments::At(index) = argument()? {
                        return Ok(ResultFacts::RestOf(index));
                    }
                }
                "nested" => {
                    if let Arguments::At(index) = argument()? {
                        return Ok(ResultFacts::Nested(index));
                    }
                }
                "copy" => return Ok(ResultFacts::CopyOf(argument()?)),
                "keys" => return Ok(ResultFacts::KeysOf(argument()?)),
                "provided" => return Ok(ResultFacts::Provided(argument()?)),
                "instance" => return Ok(ResultFacts::InstanceOf(argument()?)),
                _ => {}
            }
        }
        match text {
            "path" => return Ok(ResultFacts::Path),
            "receiver" => return Ok(ResultFacts::Receiver),
            "derived" => return Ok(ResultFacts::Derived),
            "deep-copy" => return Ok(ResultFacts::DeepCopy),
            "opaque" => return Ok(ResultFacts::Opaque),
            "kept" => return Ok(ResultFacts::Kept),
            _ => {}
        }
        let mut known: Vec<&str> = DATA.iter().map(|&(word, _)| word).collect();
        known.extend(RESULTS);
        match DATA.iter().find(|(word, _)| *word == text) {
            Some(&(_, data)) => Ok(ResultFacts::Data(data)),
            None => Err(self.source.error(value.start(), unknown("result", text, &known))),
        }
    }

    fn container(&self, object: &Object<'a>) -> Read<ContainerFacts> {
        self.source.check_keys(object, "container", &["container", "bound", "options", "argument"])?;
        let Some(like) = object.get("container") else {
            return Err(self.source.error(object.range.start, "a result that is an object needs `container`"));
        };
        let like = self.source.word(&like.value, "container", CONTAINERS)?;
        let mut bound = SelfBound::Never;
        if let Some(property) = object.get("bound") {
            let is_always = self.source.word(&property.value, "bound", &[("always", true), ("never", false)])?;
            bound = if is_always { SelfBound::Always } else { SelfBound::Never };
        }
        if let Some(property) = object.get("options") {
            let argument = match object.get("argument") {
                Some(argument) => self.source.number(&argument.value, "argument")?,
                None => 0,
            };
            bound = SelfBound::Options(argument, self.source.strings(&property.value, "options")?);
        }
        Ok(ContainerFacts { like, bound })
    }

    fn conditions(&self, value: &Value<'a>) -> Read<Vec<Condition>> {
        let object = self.source.object(value, "when")?;
        self.source.check_keys(object, "condition", &CONDITION_KEYS)?;
        let mut conditions = Vec::new();
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "is" => conditions.extend(self.argument_words(value, Condition::ArgumentIs)?),
                "isNot" => conditions.extend(self.argument_words(value, Condition::ArgumentIsNot)?),
                "atLeast" => conditions.push(Condition::AtLeast(self.source.number(value, "atLeast")?)),
                "atMost" => conditions.push(Condition::AtMost(self.source.number(value, "atMost")?)),
                "path" => conditions.push(Condition::PathArgument(self.source.number(value, "path")?)),
                _ => {}
            }
        }
        Ok(conditions)
    }

    /// `{"0": ["exit", "SIG{INT,TERM}"]}`: words by the argument's place.
    fn argument_words(&self, value: &Value<'a>, make: fn(u32, Vec<String>) -> Condition) -> Read<Vec<Condition>> {
        let object = self.source.object(value, "the arguments' words")?;
        let mut conditions = Vec::new();
        for property in &object.properties {
            let place =
                property.name.as_str().parse().map_err(|_| {
                    self.source.error(key_start(property), "the key is the argument's place, from \"0\"")
                })?;
            let mut words = Vec::new();
            for word in self.source.strings(&property.value, "the words")? {
                words.extend(
                    expand_braces(&word).map_err(|message| self.source.error(property.value.start(), message))?,
                );
            }
            conditions.push(make(place, words));
        }
        Ok(conditions)
    }

    fn loader(&self, value: &Value<'a>) -> Read<LoaderFacts> {
        let object = self.source.object(value, "loads")?;
        self.source.check_keys(object, "loader", &LOADER_KEYS)?;
        let Some(form) = object.get("form") else {
            return Err(self.source.error(object.range.start, "a loader needs `form`"));
        };
        let mut loader = LoaderFacts {
            form: self.source.word(&form.value, "form", LOADER_FORMS)?,
            argument: 0,
            option: None,
            from: None,
            deep: None,
            filter: None,
            except: None,
            absolute: None,
            gives: LoaderGives::Nothing,
            handlers: None,
        };
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "argument" => loader.argument = self.source.number(value, "argument")?,
                "option" => {
                    let way = self.source.string(value, "option")?;
                    loader.option = Some(way.split('.').map(str::to_owned).collect());
                }
                "from" => loader.from = Some(self.option_at(value, "from")?),
                "deep" => loader.deep = Some(self.option_at(value, "deep")?),
                "filter" => loader.filter = Some(self.option_at(value, "filter")?),
                "except" => loader.except = Some(self.option_at(value, "except")?),
                "absolute" => loader.absolute = Some(self.option_at(value, "absolute")?),
                "gives" => loader.gives = self.source.word(value, "gives", LOADER_GIVES)?,
                "handlers" => loader.handlers = Some(self.source.word(value, "handlers", CONTEXTS)?),
                _ => {}
            }
        }
        Ok(loader)
    }

    fn option_at(&self, value: &Value<'a>, what: &str) -> Read<OptionAt> {
        let text = self.source.string(value, what)?;
        Ok(text
            .parse()
            .map_or_else(|_| OptionAt::Named(text.split('.').map(ToOwned::to_owned).collect()), OptionAt::Argument))
    }

    /// One effect: the key that comes first names it.
    fn effect(&self, value: &Value<'a>) -> Read<Effect> {
        let object = self.source.object(value, "an effect")?;
        let Some(first) = object.properties.first() else {
            return Err(self
                .source
                .error(object.range.start, "an effect needs the key that names it: `listen`, `set` …"));
        };
        let name = first.name.as_str();
        if !EFFECTS.contains(&name) {
            return Err(self.source.error(key_start(first), unknown("effect", name, &EFFECTS)));
        }
        let allowed: &[&str] = match name {
            "copyInto" => &["copyInto", "from", "depth"],
            "append" => &["append", "values"],
            "set" => &["set", "key", "value"],
            "remove" => &["remove", "key"],
            "listen" => &["listen", "on", "until"],
            "unlisten" => &["unlisten", "on"],
            "inherit" => &["inherit", "from"],
            "members" => &["members", "from", "of"],
            "carry" => &["carry", "to"],
            "send" => &["send", "from"],
            "provide" => &["provide", "under", "as", "lasting"],
            "restore" => &["restore", "since"],
            "retain" => &["retain", "key", "option"],
            _ => &[name],
        };
        self.source.check_keys(object, name, allowed)?;
        self.effect_named(name, object, &first.value)
    }

    fn restore(&self, object: &Object<'a>, first: &Value<'a>) -> Read<Effect> {
        let what = self.source.word(first, "restore", RESTORED)?;
        let since = object.get("since").map(|since| self.since(&since.value)).transpose()?;
        Ok(Effect::Restore { what, since })
    }

    /// `vitest@3`.
    fn since(&self, value: &Value<'a>) -> Read<Since> {
        let text = self.source.string(value, "since")?;
        let parts = text.rsplit_once('@').filter(|(package, _)| !package.is_empty());
        let since =
            parts.and_then(|(package, major)| Some(Since { package: package.to_owned(), major: major.parse().ok()? }));
        since.ok_or_else(|| self.source.error(value.start(), "`since` is a package and its major version: `vitest@3`"))
    }

    fn effect_named(&self, name: &str, object: &Object<'a>, first: &Value<'a>) -> Read<Effect> {
        let part = |key: &str, default: Arguments| match object.get(key) {
            Some(property) => self.arguments(&property.value, key),
            None => Ok(default),
        };
        let main = || self.arguments(first, name);
        Ok(match name {
            "copyInto" => Effect::CopyInto {
                target: main()?,
                sources: part("from", Arguments::From(1))?,
                depth: match object.get("depth") {
                    Some(depth) => self.source.word(&depth.value, "depth", DEPTHS)?,
                    None => CopyDepth::Shallow,
                },
            },
            "append" => Effect::Append { target: main()?, values: part("values", Arguments::From(1))? },
            "set" => Effect::SetKey {
                target: main()?,
                key: part("key", Arguments::At(1))?,
                value: part("value", Arguments::At(2))?,
            },
            "remove" => Effect::Remove {
                target: main()?,
                key: object.get("key").map(|key| self.arguments(&key.value, "key")).transpose()?,
            },
            "rearrange" => Effect::Rearrange { target: main()? },
            "listen" => Effect::Listen {
                emitter: part("on", Arguments::Receiver)?,
                listener: self.arguments_or_none(first, name)?,
                removal: match object.get("until") {
                    Some(until) => self.source.word(&until.value, "until", REMOVALS)?,
                    None => ListenerRemoval::ByFunction,
                },
            },
            "unlisten" => Effect::Unlisten {
                emitter: part("on", Arguments::Receiver)?,
                listener: self.arguments_or_none(first, name)?,
            },
            "clear" => Effect::ClearHandle { handle: main()? },
            "stub" => Effect::Stub { target: main()? },
            "restore" => self.restore(object, first)?,
            "reload" => self.source.word(first, name, &[("module", Effect::Reload)])?,
            "retain" => self.retain(object, main()?)?,
            "inherit" => Effect::Inherit { class: main()?, parent: part("from", Arguments::At(1))? },
            "members" => Effect::Members {
                class: main()?,
                descriptors: part("from", Arguments::At(1))?,
                of: match object.get("of") {
                    Some(of) => self.source.word(&of.value, "of", MEMBERS_OF)?,
                    None => MembersOf::Instances,
                },
            },
            "keep" => Effect::Keep { values: main()? },
            "send" => Effect::Send {
                event: main()?,
                first: match object.get("from") {
                    Some(from) => self.source.number(&from.value, "from")?,
                    None => 1,
                },
            },
            "provide" => self.provide(object, first)?,
            "lasting" => self.source.word(first, name, &[("receiver", Effect::Lasting)])?,
            "carry" => Effect::Carry {
                values: main()?,
                to: match object.get("to") {
                    Some(to) => self.reference(to.value.start(), self.source.string(&to.value, "to")?)?,
                    None => return Err(self.source.error(object.range.start, "`carry` needs `to`")),
                },
            },
            _ => Effect::Freeze { target: main()? },
        })
    }

    fn retain(&self, object: &Object<'a>, values: Arguments) -> Read<Effect> {
        let key = object.get("key").map(|key| self.arguments(&key.value, "key")).transpose()?;
        let option = object.get("option").map(|option| self.source.string(&option.value, "option")).transpose()?;
        Ok(Effect::Retain { values, key, option: option.map(str::to_owned) })
    }

    fn arguments_or_none(&self, value: &Value<'a>, what: &str) -> Read<Option<Arguments>> {
        match value {
            Value::NullKeyword(_) => Ok(None),
            _ => self.arguments(value, what).map(Some),
        }
    }

    /// `"request"`, `"shared"`, `"written"`, `"ending"`, or several.
    pub(super) fn value(&self, value: &Value<'a>) -> Read<ValueFacts> {
        let mut words: Vec<(&str, ValueFacts)> =
            DATA.iter().map(|&(word, data)| (word, ValueFacts { data: Some(data), ..ValueFacts::default() })).collect();
        words.push(("shared", ValueFacts { is_shared: true, ..ValueFacts::default() }));
        words.push(("written", ValueFacts { is_written: true, ..ValueFacts::default() }));
        words.push(("ending", ValueFacts { is_ending: true, ..ValueFacts::default() }));
        let mut facts = ValueFacts::default();
        for element in one_or_many(value) {
            let part = self.source.word(element, "value", &words)?;
            facts.data = facts.data.or(part.data);
            facts.is_shared |= part.is_shared;
            facts.is_written |= part.is_written;
            facts.is_ending |= part.is_ending;
        }
        Ok(facts)
    }

    pub(super) fn boolean(&self, value: &Value<'a>, what: &str) -> Read<bool> {
        match value {
            Value::BooleanLit(boolean) => Ok(boolean.value),
            _ => Err(self.source.error(value.start(), format!("{what} must be `true` or `false`"))),
        }
    }

    pub(super) fn decorator(&self, value: &Value<'a>) -> Read<DecoratorFacts> {
        let object = self.source.object(value, "decorator")?;
        self.source.check_keys(
            object,
            "decorator",
            &["context", "singleton", "unless", "methods", "data", "injects", "providers"],
        )?;
        let mut facts = DecoratorFacts::default();
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "context" => facts.context = Some(self.source.word(value, "context", CONTEXTS)?),
                "singleton" => facts.is_singleton = self.boolean(value, "singleton")?,
                "providers" => facts.has_providers = self.boolean(value, "providers")?,
                "injects" => facts.injects = Some(self.source.number(value, "injects")?),
                "unless" => {
                    for option in &self.source.object(value, "unless")?.properties {
                        let values = self.source.strings(&option.value, "the option's values")?;
                        facts.transient_options.push((option.name.as_str().to_owned(), values));
                    }
                }
                "methods" => {
                    for method in &self.source.object(value, "methods")?.properties {
                        let context = self.source.word(&method.value, "the method's context", CONTEXTS)?;
                        let names = expand_braces(method.name.as_str())
                            .map_err(|message| self.source.error(method.range.start, message))?;
                        facts.methods.extend(names.into_iter().map(|name| (name, context)));
                    }
                }
                "data" => facts.data = Some(self.source.word(value, "data", DATA)?),
                _ => {}
            }
        }
        Ok(facts)
    }
}

/// The elements of an array, or the value itself.
pub(super) fn one_or_many<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value {
        Value::Array(array) => &array.elements,
        other => std::slice::from_ref(other),
    }
}
