//! The stupid version of the heap: the constraints of a random program by their meaning, each again and again until
//! nothing is new, with one instance of each function whoever calls it. The heap tells callers apart, and so says no
//! more than this.

use std::collections::{BTreeMap, BTreeSet};

use super::executions::Seen;
use super::programs::{FIELDS, Lines, PARAMETER, Program, Statement, THIS, Text, Variable};
use crate::heap::object::Lifetime;

/// An object by the line that makes it, and how it was reached.
type Held = BTreeSet<(u32, Lifetime)>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Node {
    Module(u8),
    /// Of the function, or of the body for none.
    Local(u8, u8),
    Result(u8),
    /// What a closure is given, by its line.
    Given(u32),
    Field(u32, String),
    Elements(u32),
}

/// What can be called, by its line.
#[derive(Clone, Copy)]
enum Code {
    Function(u8),
    Closure { captured: Variable, field: u8, home: Option<u8> },
}

struct Solver<'a> {
    program: &'a Program,
    lines: Lines,
    code: BTreeMap<u32, Code>,
    /// The lines that make arrays.
    arrays: BTreeSet<u32>,
    texts: Vec<BTreeSet<String>>,
    sets: BTreeMap<Node, Held>,
    seen: Seen,
    is_new: bool,
}

/// What the probe of each line may get.
pub(super) fn solve(program: &Program) -> Seen {
    let lines = program.lines();
    let code = code(program, &lines);
    let texts = texts(program);
    let arrays = arrays(program, &lines);
    let mut solver =
        Solver { program, lines, code, arrays, texts, sets: BTreeMap::new(), seen: Seen::new(), is_new: true };
    while std::mem::take(&mut solver.is_new) {
        solver.round();
    }
    solver.seen
}

fn code(program: &Program, lines: &Lines) -> BTreeMap<u32, Code> {
    let mut code = BTreeMap::new();
    let mut closures = |statements: &[Statement], line: u32, home: Option<u8>| {
        for (statement, line) in statements.iter().zip(line + 1..) {
            if let Statement::Closure(_, captured, field) = *statement {
                code.insert(line, Code::Closure { captured, field, home });
            }
        }
    };
    closures(&program.body, lines.body, None);
    for (at, (function, line)) in (0..).zip(program.functions.iter().zip(&lines.functions)) {
        closures(&function.statements, line + 1, Some(at));
    }
    code.extend((0..).zip(&lines.functions).map(|(at, &line)| (line, Code::Function(at))));
    code
}

fn arrays(program: &Program, lines: &Lines) -> BTreeSet<u32> {
    let starts = lines.functions.iter().map(|line| line + 1).chain([lines.body]);
    let blocks = program.functions.iter().map(|function| &function.statements).chain([&program.body]);
    let arrays = |(statements, start): (&Vec<Statement>, u32)| {
        let is_array = |statement: &Statement| matches!(statement, Statement::Array(..) | Statement::SpreadArray(..));
        let lines = statements.iter().zip(start + 1..).filter(move |(statement, _)| is_array(statement));
        lines.map(|(_, line)| line).collect::<Vec<_>>()
    };
    blocks.zip(starts).flat_map(arrays).collect()
}

fn texts(program: &Program) -> Vec<BTreeSet<String>> {
    let mut texts: Vec<BTreeSet<String>> = Vec::new();
    for (at, text) in program.texts.iter().enumerate() {
        texts.push(match *text {
            Text::Longer(of) if usize::from(of) < at => {
                texts[usize::from(of)].iter().map(|text| format!("{text}b")).collect()
            }
            Text::Either => ["a".to_owned(), "b".to_owned()].into(),
            Text::First | Text::Longer(_) => ["a".to_owned()].into(),
        });
    }
    texts
}

fn through(values: &Held, way: Lifetime) -> Held {
    values.iter().map(|&(line, lifetime)| (line, lifetime.max(way))).collect()
}

impl Solver<'_> {
    fn round(&mut self) {
        let program = self.program;
        self.statements(&program.body, self.lines.body, None);
        for (at, function) in (0..).zip(&program.functions) {
            self.statements(&function.statements, self.lines.functions[usize::from(at)] + 1, Some(at));
            let (module, local) = function.kept;
            let kept = self.read(Variable::Local(local), Some(at));
            self.add(Node::Module(module), kept);
            let result = self.read(Variable::Local(function.result), Some(at));
            self.add(Node::Result(at), result);
        }
        for &timer in &program.timers {
            self.add(Node::Local(timer, PARAMETER), through(&self.held(&Node::Module(0)), Lifetime::Module));
        }
        for (line, code) in self.code.clone() {
            if let Code::Closure { captured, field, home } = code {
                let given = self.held(&Node::Given(line));
                let captured = self.read(captured, home);
                self.store(&captured, FIELDS[usize::from(field)], &given);
            }
        }
    }

    fn statements(&mut self, statements: &[Statement], line: u32, home: Option<u8>) {
        for (&statement, line) in statements.iter().zip(line + 1..) {
            self.statement(statement, line, home);
            if let Some(x) = statement.assigned() {
                let seen = self.read(x, home);
                self.seen.extend(seen.into_iter().map(|(object, lifetime)| (line, object, lifetime)));
            }
        }
    }

    fn statement(&mut self, statement: Statement, line: u32, home: Option<u8>) {
        let made = Held::from([(line, Lifetime::Fresh)]);
        let get = |solver: &Self, variable| solver.read(variable, home);
        let name = |at: u8| FIELDS[usize::from(at)];
        match statement {
            Statement::Object(x) | Statement::Closure(x, ..) => self.put(x, made, home),
            Statement::Array(x, y) => {
                let value = get(self, y);
                self.add(Node::Elements(line), value);
                self.put(x, made, home);
            }
            Statement::Copy(x, y) => self.put(x, get(self, y), home),
            Statement::Load(x, y, f) => self.put(x, self.load(&get(self, y), name(f)), home),
            Statement::Store(x, f, y) => self.store(&get(self, x), name(f), &get(self, y)),
            Statement::LoadKey(x, y, t) => {
                let base = get(self, y);
                for text in self.texts[usize::from(t)].clone() {
                    self.put(x, self.load(&base, &text), home);
                }
                self.put(x, self.any_of_arrays(&base), home);
            }
            Statement::StoreKey(x, t, y) => {
                let (base, values) = (get(self, x), get(self, y));
                for text in self.texts[usize::from(t)].clone() {
                    self.store(&base, &text, &values);
                }
                self.store_elements(&base, &values);
            }
            Statement::Assign(x, y) => self.copy_all(&get(self, x), &get(self, y), None),
            Statement::EachKey(x, y) => {
                let (to, from) = (get(self, x), get(self, y));
                let any = self.any_of_arrays(&from);
                let values = FIELDS.iter().flat_map(|key| self.load(&from, key)).chain(any).collect();
                for key in FIELDS {
                    self.store(&to, key, &values);
                }
                self.store_elements(&to, &values);
            }
            Statement::Spread(x, y) => {
                self.copy_all(&made, &get(self, y), None);
                self.put(x, made, home);
            }
            Statement::Rest(x, y, f) => {
                self.copy_all(&made, &get(self, y), Some(name(f)));
                self.put(x, made, home);
            }
            Statement::Push(x, y) => {
                self.store_elements(&get(self, x), &get(self, y));
            }
            Statement::ForOf(x, y) => self.put(x, self.elements(&get(self, y)), home),
            Statement::SpreadArray(x, y) => {
                let elements = self.elements(&get(self, y));
                self.add(Node::Elements(line), elements);
                self.put(x, made, home);
            }
            Statement::Function(x, f) => self.put(x, self.function(f, home), home),
            Statement::Call(x, f, y) => self.call(x, &self.function(f, home), &Held::new(), &get(self, y), home),
            Statement::CallValue(x, y, z) => self.call(x, &get(self, y), &Held::new(), &get(self, z), home),
            Statement::CallMethod(x, y, f, z) => {
                let this = get(self, y);
                self.call(x, &self.load(&this, name(f)), &this, &get(self, z), home);
            }
        }
    }

    fn call(&mut self, x: Variable, callee: &Held, this: &Held, argument: &Held, home: Option<u8>) {
        for &(callee, lifetime) in callee {
            match self.code.get(&callee).copied() {
                Some(Code::Function(at)) => {
                    self.add(Node::Local(at, PARAMETER), argument.clone());
                    self.add(Node::Local(at, THIS), this.clone());
                    self.put(x, self.held(&Node::Result(at)), home);
                }
                Some(Code::Closure { captured, home: inner, .. }) => {
                    self.add(Node::Given(callee), argument.clone());
                    let way = if matches!(captured, Variable::Module(_)) { Lifetime::Module } else { lifetime };
                    self.put(x, through(&self.read(captured, inner), way), home);
                }
                None => {}
            }
        }
    }

    fn function(&self, at: u8, home: Option<u8>) -> Held {
        let lifetime = if home.is_none() { Lifetime::Fresh } else { Lifetime::Module };
        Held::from([(self.lines.functions[usize::from(at)], lifetime)])
    }

    fn held(&self, node: &Node) -> Held {
        self.sets.get(node).cloned().unwrap_or_default()
    }

    fn read(&self, variable: Variable, home: Option<u8>) -> Held {
        match (variable, home) {
            (Variable::Module(at), None) => self.held(&Node::Module(at)),
            (Variable::Module(at), Some(_)) => through(&self.held(&Node::Module(at)), Lifetime::Module),
            (Variable::Local(at), home) => self.held(&Node::Local(home.unwrap_or(u8::MAX), at)),
        }
    }

    /// `x = values`, whatever else is assigned to `x`.
    fn put(&mut self, x: Variable, values: Held, home: Option<u8>) {
        let node = match x {
            Variable::Module(at) => Node::Module(at),
            Variable::Local(at) => Node::Local(home.unwrap_or(u8::MAX), at),
        };
        self.add(node, values);
    }

    fn add(&mut self, node: Node, values: Held) {
        let set = self.sets.entry(node).or_default();
        let before = set.len();
        set.extend(values);
        self.is_new |= set.len() > before;
    }

    /// A name may be one of those under which elements are.
    fn load(&self, base: &Held, field: &str) -> Held {
        let of = |&(object, way)| through(&self.held(&Node::Field(object, field.to_owned())), way);
        base.iter().flat_map(of).chain(self.elements(base)).collect()
    }

    /// What is computed to be a key of an array may be any.
    fn any_of_arrays(&self, base: &Held) -> Held {
        let mut any = Held::new();
        for (node, held) in &self.sets {
            let (Node::Field(of, _) | Node::Elements(of)) = node else { continue };
            for &(_, way) in base.iter().filter(|(line, _)| line == of && self.arrays.contains(line)) {
                any.extend(through(held, way));
            }
        }
        any
    }

    fn elements(&self, base: &Held) -> Held {
        base.iter().flat_map(|&(object, way)| through(&self.held(&Node::Elements(object)), way)).collect()
    }

    fn store(&mut self, base: &Held, field: &str, values: &Held) {
        for &(object, _) in base {
            self.add(Node::Field(object, field.to_owned()), values.clone());
        }
    }

    /// What is computed to be a key of an array may be an index.
    fn store_elements(&mut self, base: &Held, values: &Held) {
        for &(array, _) in base.iter().filter(|(line, _)| self.arrays.contains(line)).collect::<Vec<_>>() {
            self.add(Node::Elements(array), values.clone());
        }
    }

    fn copy_all(&mut self, to: &Held, from: &Held, except: Option<&str>) {
        let fields: Vec<(Node, Held)> = self.sets.iter().map(|(node, held)| (node.clone(), held.clone())).collect();
        for &(source, way) in from {
            for (node, held) in &fields {
                for &(target, _) in to {
                    match node {
                        Node::Field(of, name) if *of == source && except != Some(name.as_str()) => {
                            self.add(Node::Field(target, name.clone()), through(held, way));
                        }
                        Node::Elements(of) if *of == source => self.add(Node::Elements(target), through(held, way)),
                        _ => {}
                    }
                }
            }
        }
    }
}
