//! What a condition asks about a name: `(file) => file.endsWith('.js') && file !== 'index.js'`. What it asks besides is
//! not known, and lets all names through.

use regex::Regex;

/// A question about a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum NameTest {
    /// Whether it is this.
    Is(Box<str>),
    /// Whether it starts with this.
    Starts(Box<str>),
    /// Whether it ends with this.
    Ends(Box<str>),
    /// Whether this is in it.
    Contains(Box<str>),
    /// Whether a regular expression matches it.
    Matches(Box<str>),
    /// The same of the part of a path behind its last slash.
    OfName(Box<NameTest>),
    /// The same of the name with this before it.
    After(Box<str>, Box<NameTest>),
    /// The opposite.
    Not(Box<NameTest>),
    /// All of them.
    All(Vec<NameTest>),
    /// One of them.
    Any(Vec<NameTest>),
    /// Something else.
    Unknown,
}

/// A question that is ready to be asked of many names.
#[derive(Debug)]
pub struct Compiled {
    form: Form,
}

#[derive(Debug)]
enum Form {
    Text(NameTest),
    Regex(Box<Regex>),
    OfName(Box<Form>),
    After(Box<str>, Box<Form>),
    Not(Box<Form>),
    All(Vec<Form>),
    Any(Vec<Form>),
    Unknown,
}

impl NameTest {
    /// The question, ready to be asked. A regular expression that is not understood is not known.
    pub fn compile(&self) -> Compiled {
        Compiled { form: form(self) }
    }

    /// What is asked of the end alone, which is the same for a name and for a path that ends with it.
    #[must_use]
    pub fn of_ending(&self) -> NameTest {
        match self {
            NameTest::Ends(text) if !text.contains('/') => self.clone(),
            NameTest::Matches(pattern) if is_of_ending(pattern) => self.clone(),
            NameTest::OfName(inner) => (**inner).clone(),
            NameTest::Not(inner) => NameTest::Not(Box::new(inner.of_ending())),
            NameTest::All(tests) => NameTest::All(tests.iter().map(NameTest::of_ending).collect()),
            NameTest::Any(tests) => NameTest::Any(tests.iter().map(NameTest::of_ending).collect()),
            _ => NameTest::Unknown,
        }
    }

    /// Whether it keeps anything out.
    pub fn says_something(&self) -> bool {
        match self {
            NameTest::Unknown => false,
            NameTest::Not(inner) => inner.may_be_sure(),
            NameTest::OfName(inner) | NameTest::After(_, inner) => inner.says_something(),
            NameTest::All(tests) => tests.iter().any(NameTest::says_something),
            NameTest::Any(tests) => tests.iter().all(NameTest::says_something),
            _ => true,
        }
    }

    /// Whether it is about files or folders, as far as the texts in it tell.
    pub fn is_of_files(&self) -> bool {
        match self {
            NameTest::Is(text) | NameTest::Starts(text) | NameTest::Ends(text) | NameTest::Contains(text) => {
                text.contains(['.', '/'])
            }
            NameTest::Matches(pattern) => pattern.contains(['.', '/']),
            NameTest::OfName(_) | NameTest::After(..) => true,
            NameTest::Not(inner) => inner.is_of_files(),
            NameTest::All(tests) | NameTest::Any(tests) => tests.iter().any(NameTest::is_of_files),
            NameTest::Unknown => false,
        }
    }

    /// Whether there may be names that surely pass.
    fn may_be_sure(&self) -> bool {
        match self {
            NameTest::Unknown => false,
            NameTest::Not(inner) => inner.says_something(),
            NameTest::OfName(inner) | NameTest::After(_, inner) => inner.may_be_sure(),
            NameTest::All(tests) => tests.iter().all(NameTest::may_be_sure),
            NameTest::Any(tests) => tests.iter().any(NameTest::may_be_sure),
            _ => true,
        }
    }
}

/// Whether a regular expression is about an extension: `\.js$`, `\.(js|ts)$`.
fn is_of_ending(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    pattern.starts_with("\\.") && pattern.ends_with('$') && !pattern.contains(['/', '^'])
}

fn form(test: &NameTest) -> Form {
    match test {
        NameTest::Matches(pattern) => Regex::new(pattern).map_or(Form::Unknown, |regex| Form::Regex(Box::new(regex))),
        NameTest::OfName(inner) => Form::OfName(Box::new(form(inner))),
        NameTest::After(before, inner) => Form::After(before.clone(), Box::new(form(inner))),
        NameTest::Not(inner) => Form::Not(Box::new(form(inner))),
        NameTest::All(tests) => Form::All(tests.iter().map(form).collect()),
        NameTest::Any(tests) => Form::Any(tests.iter().map(form).collect()),
        NameTest::Unknown => Form::Unknown,
        text => Form::Text(text.clone()),
    }
}

impl Compiled {
    /// Whether a name passes, unless it is known not to.
    pub fn may_pass(&self, name: &str) -> bool {
        answer(&self.form, name) != Some(false)
    }
}

fn answer(form: &Form, name: &str) -> Option<bool> {
    match form {
        Form::Text(NameTest::Is(text)) => Some(name == &**text),
        Form::Text(NameTest::Starts(text)) => Some(name.starts_with(&**text)),
        Form::Text(NameTest::Ends(text)) => Some(name.ends_with(&**text)),
        Form::Text(NameTest::Contains(text)) => Some(name.contains(&**text)),
        Form::Regex(regex) => Some(regex.is_match(name)),
        Form::OfName(inner) => answer(inner, name.rsplit('/').next().unwrap_or_default()),
        Form::After(before, inner) => answer(inner, &format!("{before}{name}")),
        Form::Not(inner) => answer(inner, name).map(|passes| !passes),
        Form::All(forms) => all(forms, name, true),
        Form::Any(forms) => all(forms, name, false),
        Form::Text(_) | Form::Unknown => None,
    }
}

/// Whether all answers are `neutral`: one that is not decides, one that is not known leaves it open.
fn all(forms: &[Form], name: &str, neutral: bool) -> Option<bool> {
    let answers: Vec<Option<bool>> = forms.iter().map(|form| answer(form, name)).collect();
    if answers.contains(&Some(!neutral)) {
        return Some(!neutral);
    }
    (!answers.contains(&None)).then_some(neutral)
}

#[cfg(test)]
mod tests {
    use super::NameTest;

    #[test]
    fn what_is_not_known_lets_through() {
        let ends = NameTest::Ends(".js".into());
        let test = NameTest::All(vec![ends.clone(), NameTest::Unknown]).compile();
        assert!(test.may_pass("a.js") && !test.may_pass("a.txt"));
        let test = NameTest::Any(vec![ends, NameTest::Unknown]).compile();
        assert!(test.may_pass("a.txt"));
        let test = NameTest::Not(Box::new(NameTest::Matches("^(?!index)".into()))).compile();
        assert!(test.may_pass("index.js") && test.may_pass("a.js"));
        let test = NameTest::Not(Box::new(NameTest::Matches(r"\.test\.js$".into()))).compile();
        assert!(test.may_pass("a.js") && !test.may_pass("a.test.js"));
    }
}
