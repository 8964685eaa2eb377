//! Random programs: straight code over a few variables of the module and of its functions, with a line for each
//! statement. They are printed as JavaScript, run by [`super::executions`] and solved by [`super::fixpoint`].

use proptest::prelude::*;

/// Variables of the module.
pub(super) const MODULE_VARIABLES: u8 = 2;
/// A function's parameter, its locals and its `this`.
pub(super) const LOCALS: u8 = 4;
/// The parameter among them.
pub(super) const PARAMETER: u8 = 0;
/// `this` among them.
pub(super) const THIS: u8 = 3;
/// Functions of the module.
pub(super) const FUNCTIONS: u8 = 2;
/// Property names that are written out.
pub(super) const FIELDS: [&str; 3] = ["a", "b", "ab"];

/// A variable with this name and the number of its line gets what a statement assigns.
pub(super) const PROBE: &str = "probe";

/// A variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Variable {
    Module(u8),
    Local(u8),
}

/// A constant text, or how one is made of earlier ones.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    /// `chance() ? 'a' : 'b'`.
    Either,
    /// `'a'`.
    First,
    /// An earlier text and `'b'` behind it.
    Longer(u8),
}

/// One statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Statement {
    /// `x = {}`
    Object(Variable),
    /// `x = [y]`
    Array(Variable, Variable),
    /// `x = y`
    Copy(Variable, Variable),
    /// `x = y?.f`
    Load(Variable, Variable, u8),
    /// `if (x) x.f = y`
    Store(Variable, u8, Variable),
    /// `x = y?.[t]`
    LoadKey(Variable, Variable, u8),
    /// `if (x && !Array.isArray(x)) x[t] = y`: what is computed to be a key of an array is taken for an index.
    StoreKey(Variable, u8, Variable),
    /// `if (x) Object.assign(x, y)`
    Assign(Variable, Variable),
    /// `x = { ...y }`
    Spread(Variable, Variable),
    /// `x = rest of y without f`
    Rest(Variable, Variable, u8),
    /// `if (x && y && !Array.isArray(x)) for (const k of ['a', 'b', 'ab']) x[k] = y[k]`
    EachKey(Variable, Variable),
    /// `if (Array.isArray(x)) x.push(y)`
    Push(Variable, Variable),
    /// `if (Array.isArray(y)) for (const e of y) x = e`
    ForOf(Variable, Variable),
    /// `if (Array.isArray(y)) x = [...y]`
    SpreadArray(Variable, Variable),
    /// `x = f`
    Function(Variable, u8),
    /// `x = f(y)`
    Call(Variable, u8, Variable),
    /// `if (typeof y === 'function') x = y(z)`
    CallValue(Variable, Variable, Variable),
    /// `if (typeof y?.f === 'function') x = y.f(z)`
    CallMethod(Variable, Variable, u8, Variable),
    /// `x = (q) => { if (y) y.f = q; return y; }`
    Closure(Variable, Variable, u8),
}

impl Statement {
    /// The variable that it may assign to.
    pub(super) fn assigned(self) -> Option<Variable> {
        match self {
            Self::Object(x)
            | Self::Array(x, _)
            | Self::Copy(x, _)
            | Self::Load(x, ..)
            | Self::LoadKey(x, ..)
            | Self::Spread(x, _)
            | Self::Rest(x, ..)
            | Self::ForOf(x, _)
            | Self::SpreadArray(x, _)
            | Self::Function(x, _)
            | Self::Call(x, ..)
            | Self::CallValue(x, ..)
            | Self::CallMethod(x, ..)
            | Self::Closure(x, ..) => Some(x),
            Self::Store(..) | Self::StoreKey(..) | Self::Assign(..) | Self::EachKey(..) | Self::Push(..) => None,
        }
    }
}

/// A function of the module. What it assigns to a variable of the module it does not read again: as long as that is the
/// value it made itself, it is in its own hands.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) statements: Vec<Statement>,
    /// The variable of the module that it assigns to in the end, and which of its own.
    pub(super) kept: (u8, u8),
    /// What it returns.
    pub(super) result: u8,
}

/// A program.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) texts: Vec<Text>,
    pub(super) functions: Vec<Function>,
    pub(super) body: Vec<Statement>,
    /// The functions that a timer calls.
    pub(super) timers: Vec<u8>,
}

/// Texts of a program.
const TEXTS: u8 = 3;

/// Any program.
pub(super) fn program() -> impl Strategy<Value = Program> {
    let kept = (0..MODULE_VARIABLES, 0..LOCALS);
    let function = (prop::collection::vec(statement(true), 0..10), kept, 0..LOCALS)
        .prop_map(|(statements, kept, result)| Function { statements, kept, result });
    let functions = prop::collection::vec(function, FUNCTIONS as usize);
    let text = prop_oneof![Just(Text::Either), Just(Text::First), (0..TEXTS).prop_map(Text::Longer)];
    let texts = prop::collection::vec(text, TEXTS as usize);
    let body = prop::collection::vec(statement(false), 0..12);
    let timers = prop::collection::vec(0..FUNCTIONS, 0..2);
    (texts, functions, body, timers).prop_map(|(texts, functions, body, timers)| Program {
        texts,
        functions,
        body,
        timers,
    })
}

fn variable(in_function: bool) -> BoxedStrategy<Variable> {
    let module = (0..MODULE_VARIABLES).prop_map(Variable::Module);
    if in_function {
        prop_oneof![1 => module, 2 => (0..LOCALS).prop_map(Variable::Local)].boxed()
    } else {
        module.boxed()
    }
}

fn statement(in_function: bool) -> impl Strategy<Value = Statement> {
    let number = 0..u8::try_from(FIELDS.len()).unwrap_or(0);
    let any = move || variable(in_function);
    let place = move || if in_function { (0..THIS).prop_map(Variable::Local).boxed() } else { variable(false) };
    (0..19_u8, place(), any(), any(), number).prop_map(|(form, x, y, z, number)| match form {
        0 => Statement::Object(x),
        1 => Statement::Array(x, y),
        2 => Statement::Copy(x, y),
        3 => Statement::Load(x, y, number),
        4 => Statement::Store(y, number, z),
        5 => Statement::LoadKey(x, y, number % TEXTS),
        6 => Statement::StoreKey(y, number % TEXTS, z),
        7 => Statement::Assign(y, z),
        8 => Statement::Spread(x, y),
        9 => Statement::Rest(x, y, number),
        10 => Statement::EachKey(y, z),
        11 => Statement::Push(y, z),
        12 => Statement::ForOf(x, y),
        13 => Statement::SpreadArray(x, y),
        14 => Statement::Function(x, number % FUNCTIONS),
        15 => Statement::Call(x, number % FUNCTIONS, y),
        16 => Statement::CallValue(x, y, z),
        17 => Statement::CallMethod(x, y, number, z),
        _ => Statement::Closure(x, y, number),
    })
}

/// The line of a function's declaration, and of its first statement less one; the body's is below them all.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) functions: Vec<u32>,
    pub(super) body: u32,
}

impl Program {
    /// Where everything stands in [`Program::text`].
    pub(super) fn lines(&self) -> Lines {
        let mut line = 1 + u32::from(MODULE_VARIABLES) + u32::from(TEXTS);
        let mut functions = Vec::new();
        for function in &self.functions {
            functions.push(line);
            line += lines_of(&function.statements) + 3;
        }
        Lines { functions, body: line - 1 }
    }

    /// As JavaScript.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = (0..MODULE_VARIABLES).map(|at| format!("let m{at};")).collect();
        for (at, text) in self.texts.iter().enumerate() {
            lines.push(match *text {
                Text::Longer(of) if usize::from(of) < at => format!("const t{at} = t{of} + 'b';"),
                Text::Either => format!("const t{at} = chance() ? 'a' : 'b';"),
                Text::First | Text::Longer(_) => format!("const t{at} = 'a';"),
            });
        }
        for (at, function) in self.functions.iter().enumerate() {
            lines.push(format!("function f{at}(l0) {{"));
            lines.push("let l1, l2;".to_owned());
            lines.extend(function.statements.iter().zip(next_line(&lines)..).map(|(&it, line)| probed(it, line)));
            let (module, local) = function.kept;
            let (kept, result) = (name(Variable::Local(local)), name(Variable::Local(function.result)));
            lines.push(format!("m{module} = {kept}; return {result}; }}"));
        }
        lines.extend(self.body.iter().zip(next_line(&lines)..).map(|(&it, line)| probed(it, line)));
        lines.extend(self.timers.iter().map(|function| format!("setInterval(() => f{function}(m0), 10);")));
        lines.join("\n")
    }
}

fn next_line(lines: &[String]) -> u32 {
    u32::try_from(lines.len() + 1).unwrap_or(u32::MAX)
}

fn lines_of(statements: &[Statement]) -> u32 {
    u32::try_from(statements.len()).unwrap_or(0)
}

fn name(variable: Variable) -> String {
    match variable {
        Variable::Module(at) => format!("m{at}"),
        Variable::Local(THIS) => "this".to_owned(),
        Variable::Local(at) => format!("l{at}"),
    }
}

/// What is assigned to is put into a global variable afterwards, which nobody reads.
fn probed(statement: Statement, line: u32) -> String {
    match statement.assigned() {
        Some(x) => format!("{} {PROBE}{line} = {};", printed(statement), name(x)),
        None => printed(statement),
    }
}

fn printed(statement: Statement) -> String {
    let field = |at: u8| FIELDS[usize::from(at)];
    match statement {
        Statement::Object(x) => format!("{} = {{}};", name(x)),
        Statement::Array(x, y) => format!("{} = [{}];", name(x), name(y)),
        Statement::Copy(x, y) => format!("{} = {};", name(x), name(y)),
        Statement::Load(x, y, f) => format!("{} = {}?.{};", name(x), name(y), field(f)),
        Statement::Store(x, f, y) => format!("if ({0}) {0}.{1} = {2};", name(x), field(f), name(y)),
        Statement::LoadKey(x, y, t) => format!("{} = {}?.[t{t}];", name(x), name(y)),
        Statement::StoreKey(x, t, y) => {
            format!("if ({0} && !Array.isArray({0})) {0}[t{t}] = {1};", name(x), name(y))
        }
        Statement::Assign(x, y) => format!("if ({0}) Object.assign({0}, {1});", name(x), name(y)),
        Statement::Spread(x, y) => format!("{} = {{ ...{} }};", name(x), name(y)),
        Statement::Rest(x, y, f) => {
            format!("if ({1}) {{ const {{ {2}: _, ...rest }} = {1}; {0} = rest; }}", name(x), name(y), field(f))
        }
        Statement::EachKey(x, y) => {
            let keys = FIELDS.map(|key| format!("'{key}'")).join(", ");
            format!(
                "if ({0} && {1} && !Array.isArray({0})) for (const k of [{keys}]) {0}[k] = {1}[k];",
                name(x),
                name(y)
            )
        }
        Statement::Push(x, y) => format!("if (Array.isArray({0})) {0}.push({1});", name(x), name(y)),
        Statement::ForOf(x, y) => {
            format!("if (Array.isArray({1})) for (const e of {1}) {0} = e;", name(x), name(y))
        }
        Statement::SpreadArray(x, y) => {
            format!("if (Array.isArray({1})) {0} = [...{1}];", name(x), name(y))
        }
        Statement::Function(x, f) => format!("{} = f{f};", name(x)),
        Statement::Call(x, f, y) => format!("{} = f{f}({});", name(x), name(y)),
        Statement::CallValue(x, y, z) => {
            format!("if (typeof {1} === 'function') {0} = {1}({2});", name(x), name(y), name(z))
        }
        Statement::CallMethod(x, y, f, z) => {
            format!("if (typeof {1}?.{2} === 'function') {0} = {1}.{2}({3});", name(x), name(y), field(f), name(z))
        }
        Statement::Closure(x, y, f) => {
            let this = name(y);
            format!("{} = (q) => {{ if ({this}) {this}.{} = q; return {this}; }};", name(x), field(f))
        }
    }
}
