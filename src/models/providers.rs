//! Reads what containers of dependencies are told to provide.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::calls::FactsReader;
use super::facts::{Effect, Lasting, ProviderWords, ProvidesFacts, Provision};
use super::read::{Read, Source};
use super::words::PROVISIONS;

/// The `providers` of a file: words for `{provide: TOKEN, useClass: C}`.
pub(super) fn provider_words<'a>(source: Source<'a>, root: &Object<'a>, words: &mut ProviderWords) -> Read<()> {
    let Some(property) = root.get("providers") else { return Ok(()) };
    let object = source.object(&property.value, "providers")?;
    source.check_keys(object, "providers", &["token", "class", "value", "factory", "alias", "given", "lists"])?;
    for property in &object.properties {
        let key = property.name.as_str();
        let names = source.strings(&property.value, key)?;
        match key {
            "token" => words.token.extend(names),
            "given" => words.given.extend(names),
            "lists" => words.lists.extend(names),
            _ => {
                let how = PROVISIONS.iter().find(|(word, _)| *word == key).map(|&(_, how)| how);
                words
                    .provisions
                    .extend(how.into_iter().flat_map(|how| names.iter().map(move |name| (name.clone(), how))));
            }
        }
    }
    Ok(())
}

impl<'a> FactsReader<'_, 'a> {
    /// `{"provide": "0", "under": "1", "as": "class"}`.
    pub(super) fn provide(&self, object: &Object<'a>, values: &Value<'a>) -> Read<Effect> {
        Ok(Effect::Provide {
            values: self.arguments(values, "provide")?,
            token: object.get("under").map(|token| self.arguments(&token.value, "under")).transpose()?,
            how: self.provision(object)?,
            lasting: self.lasting(object)?,
        })
    }

    /// What a value tells a container: `{"as": "class", "given": "#Cradle"}`.
    pub(super) fn provides(&self, value: &Value<'a>) -> Read<ProvidesFacts> {
        let object = self.source.object(value, "provides")?;
        self.source.check_keys(object, "provides", &["as", "given", "lasting"])?;
        let given = match object.get("given") {
            Some(given) => {
                let path = self.source.string(&given.value, "given")?;
                Some(self.reference(given.value.start(), path)?)
            }
            None => None,
        };
        Ok(ProvidesFacts { how: self.provision(object)?, given, lasting: self.lasting(object)? })
    }

    fn provision(&self, object: &Object<'a>) -> Read<Provision> {
        match object.get("as") {
            Some(how) => self.source.word(&how.value, "as", PROVISIONS),
            None => Err(self.source.error(object.range.start, "what is provided needs `as`")),
        }
    }

    /// `true`, or the options with which it is so.
    fn lasting(&self, object: &Object<'a>) -> Read<Lasting> {
        let Some(property) = object.get("lasting") else { return Ok(Lasting::With(Vec::new())) };
        if let Value::BooleanLit(boolean) = &property.value
            && boolean.value
        {
            return Ok(Lasting::Always);
        }
        let mut with = Vec::new();
        for option in &self.source.object(&property.value, "lasting")?.properties {
            with.push((option.name.as_str().to_owned(), self.source.strings(&option.value, "the option's values")?));
        }
        Ok(Lasting::With(with))
    }
}
