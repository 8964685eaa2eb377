//! What happens when a random program is run: the design's two lifetimes, read as a semantics of execution. A reference
//! is fresh where something is made; what is read of a variable of the module from inside a function, or through
//! something that is module-lifetime, is module-lifetime. Whatever the probes get must be in the heap's answer.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::programs::{FIELDS, Lines, MODULE_VARIABLES, PARAMETER, Program, Statement, THIS, Text, Variable};
use crate::heap::object::Lifetime;

/// What probes get: the line where they stand, the line that made the object, and how that was reached.
pub(super) type Seen = BTreeSet<(u32, u32, Lifetime)>;

/// So many statements are run at most: programs may call themselves.
const STEPS: u32 = 400;
/// So deep calls nest; a call below is the last thing that happens.
const DEPTH: u32 = 6;

type Reference = Option<(Rc<Thing>, Lifetime)>;

struct Thing {
    line: u32,
    fields: RefCell<BTreeMap<String, Reference>>,
    elements: Option<RefCell<Vec<Reference>>>,
    code: Option<Code>,
}

enum Code {
    Function(u8),
    /// `(q) => { if (y) y.f = q; return y; }` in this frame.
    Closure {
        captured: Variable,
        field: u8,
        frame: Rc<Frame>,
    },
}

/// The variables of a call. Those of the module have a frame of their own.
struct Frame {
    locals: RefCell<[Reference; 4]>,
    is_body: bool,
}

struct Run<'a> {
    program: &'a Program,
    lines: Lines,
    globals: RefCell<Vec<Reference>>,
    functions: Vec<Rc<Thing>>,
    texts: Vec<String>,
    seen: RefCell<Seen>,
    steps: Cell<u32>,
}

/// Runs the program; bit `n` of `chances` decides the nth text that is one or the other.
pub(super) fn run(program: &Program, chances: u32) -> Seen {
    let lines = program.lines();
    let function = |(at, &line): (usize, &u32)| {
        let code = Code::Function(u8::try_from(at).unwrap_or(0));
        Rc::new(Thing { line, fields: RefCell::default(), elements: None, code: Some(code) })
    };
    let run = Run {
        program,
        functions: lines.functions.iter().enumerate().map(function).collect(),
        lines,
        globals: RefCell::new(vec![None; usize::from(MODULE_VARIABLES)]),
        texts: texts(program, chances),
        seen: RefCell::default(),
        steps: Cell::new(0),
    };
    let body = Rc::new(Frame { locals: RefCell::default(), is_body: true });
    run.statements(&program.body, run.lines.body, &body, 0);
    for _ in 0..2 {
        for &timer in &program.timers {
            let function = Rc::clone(&run.functions[usize::from(timer)]);
            let given = through(run.globals.borrow()[0].clone(), Lifetime::Module);
            run.call(&(function, Lifetime::Module), None, given, 0);
        }
    }
    run.seen.into_inner()
}

fn texts(program: &Program, chances: u32) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for (at, text) in program.texts.iter().enumerate() {
        texts.push(match *text {
            Text::Longer(of) if usize::from(of) < at => format!("{}b", texts[usize::from(of)]),
            Text::Either if chances >> at & 1 == 1 => "b".to_owned(),
            _ => "a".to_owned(),
        });
    }
    texts
}

/// What a reference becomes when it is read through another.
fn through(value: Reference, way: Lifetime) -> Reference {
    value.map(|(thing, lifetime)| (thing, lifetime.max(way)))
}

impl Run<'_> {
    /// Runs statements that stand below `line`. Nothing more happens when the steps are spent.
    fn statements(&self, statements: &[Statement], line: u32, frame: &Rc<Frame>, depth: u32) {
        for (&statement, line) in statements.iter().zip(line + 1..) {
            if self.steps.get() >= STEPS {
                return;
            }
            self.steps.set(self.steps.get() + 1);
            self.statement(statement, line, frame, depth);
            if self.steps.get() < STEPS
                && let Some(x) = statement.assigned()
            {
                self.probe(x, line, frame);
            }
        }
    }

    fn statement(&self, statement: Statement, line: u32, frame: &Rc<Frame>, depth: u32) {
        let get = |variable| self.read(variable, frame);
        let name = |at: u8| FIELDS[usize::from(at)].to_owned();
        let text = |at: u8| self.texts[usize::from(at)].clone();
        match statement {
            Statement::Object(x) => self.put(x, Some(fresh(line)), frame),
            Statement::Array(x, y) => self.put(x, Some(fresh_array(line, vec![get(y)])), frame),
            Statement::Copy(x, y) => self.put(x, get(y), frame),
            Statement::Load(x, y, f) => self.put(x, load(&get(y), &name(f)), frame),
            Statement::Store(x, f, y) => store(&get(x), name(f), get(y)),
            Statement::LoadKey(x, y, t) => self.put(x, load(&get(y), &text(t)), frame),
            Statement::StoreKey(x, t, y) => {
                store(&get(x).filter(|(thing, _)| thing.elements.is_none()), text(t), get(y));
            }
            Statement::Assign(x, y) => copy_all(&get(x), &get(y), None),
            Statement::EachKey(x, y) => {
                let to = get(x).filter(|(thing, _)| thing.elements.is_none());
                if let Some(from) = get(y) {
                    for key in FIELDS {
                        store(&to, key.to_owned(), load(&Some(from.clone()), key));
                    }
                }
            }
            Statement::Spread(x, y) => {
                let copy = Some(fresh(line));
                copy_all(&copy, &get(y), None);
                self.put(x, copy, frame);
            }
            Statement::Rest(x, y, f) => {
                if get(y).is_some() {
                    let rest = Some(fresh(line));
                    copy_all(&rest, &get(y), Some(FIELDS[usize::from(f)]));
                    self.put(x, rest, frame);
                }
            }
            Statement::Push(x, y) => {
                let value = get(y);
                if let Some((array, _)) = &get(x)
                    && let Some(elements) = &array.elements
                {
                    elements.borrow_mut().push(value);
                }
            }
            Statement::ForOf(x, y) => {
                for element in elements_of(&get(y)).into_iter().flatten() {
                    self.put(x, element, frame);
                }
            }
            Statement::SpreadArray(x, y) => {
                if let Some(elements) = elements_of(&get(y)) {
                    self.put(x, Some(fresh_array(line, elements)), frame);
                }
            }
            Statement::Function(x, f) => self.put(x, Some(self.function(f, frame)), frame),
            Statement::Call(x, f, y) => self.call_into(x, &Some(self.function(f, frame)), None, get(y), (frame, depth)),
            Statement::CallValue(x, y, z) => self.call_into(x, &get(y), None, get(z), (frame, depth)),
            Statement::CallMethod(x, y, f, z) => {
                let method = load(&get(y), FIELDS[usize::from(f)]);
                self.call_into(x, &method, get(y), get(z), (frame, depth));
            }
            Statement::Closure(x, y, f) => {
                let code = Code::Closure { captured: y, field: f, frame: Rc::clone(frame) };
                let thing = Thing { line, fields: RefCell::default(), elements: None, code: Some(code) };
                self.put(x, Some((Rc::new(thing), Lifetime::Fresh)), frame);
            }
        }
    }

    /// `x = callee(argument)`, if that can be called.
    fn call_into(
        &self,
        x: Variable,
        callee: &Reference,
        this: Reference,
        argument: Reference,
        (frame, depth): (&Rc<Frame>, u32),
    ) {
        let Some(callee) = callee.as_ref().filter(|(thing, _)| thing.code.is_some()) else { return };
        if depth == DEPTH {
            self.steps.set(STEPS);
            return;
        }
        let result = self.call(callee, this, argument, depth + 1);
        self.put(x, result, frame);
    }

    fn call(&self, callee: &(Rc<Thing>, Lifetime), this: Reference, argument: Reference, depth: u32) -> Reference {
        match callee.0.code.as_ref()? {
            Code::Function(at) => {
                let function = &self.program.functions[usize::from(*at)];
                let frame = Rc::new(Frame { locals: RefCell::default(), is_body: false });
                frame.locals.borrow_mut()[usize::from(PARAMETER)] = argument;
                frame.locals.borrow_mut()[usize::from(THIS)] = this;
                // The declarations have a line of their own.
                let line = self.lines.functions[usize::from(*at)] + 1;
                self.statements(&function.statements, line, &frame, depth);
                if self.steps.get() >= STEPS {
                    return None;
                }
                let (module, local) = function.kept;
                self.put(Variable::Module(module), self.read(Variable::Local(local), &frame), &frame);
                self.read(Variable::Local(function.result), &frame)
            }
            Code::Closure { captured, field, frame } => {
                let captured = match *captured {
                    Variable::Module(at) => through(self.globals.borrow()[usize::from(at)].clone(), Lifetime::Module),
                    Variable::Local(_) => through(self.read(*captured, frame), callee.1),
                };
                store(&captured, FIELDS[usize::from(*field)].to_owned(), argument);
                captured
            }
        }
    }

    fn function(&self, at: u8, frame: &Frame) -> (Rc<Thing>, Lifetime) {
        let lifetime = if frame.is_body { Lifetime::Fresh } else { Lifetime::Module };
        (Rc::clone(&self.functions[usize::from(at)]), lifetime)
    }

    fn read(&self, variable: Variable, frame: &Frame) -> Reference {
        match variable {
            Variable::Module(at) => {
                let way = if frame.is_body { Lifetime::Fresh } else { Lifetime::Module };
                through(self.globals.borrow()[usize::from(at)].clone(), way)
            }
            Variable::Local(at) => frame.locals.borrow()[usize::from(at)].clone(),
        }
    }

    /// `x = value`
    fn put(&self, x: Variable, value: Reference, frame: &Frame) {
        match x {
            Variable::Module(at) => self.globals.borrow_mut()[usize::from(at)] = value,
            Variable::Local(at) => frame.locals.borrow_mut()[usize::from(at)] = value,
        }
    }

    /// `probe = x`
    fn probe(&self, x: Variable, line: u32, frame: &Frame) {
        if let Some((thing, lifetime)) = self.read(x, frame) {
            self.seen.borrow_mut().insert((line, thing.line, lifetime));
        }
    }
}

fn fresh(line: u32) -> (Rc<Thing>, Lifetime) {
    (Rc::new(Thing { line, fields: RefCell::default(), elements: None, code: None }), Lifetime::Fresh)
}

fn fresh_array(line: u32, elements: Vec<Reference>) -> (Rc<Thing>, Lifetime) {
    let elements = Some(RefCell::new(elements));
    (Rc::new(Thing { line, fields: RefCell::default(), elements, code: None }), Lifetime::Fresh)
}

fn load(base: &Reference, field: &str) -> Reference {
    let (thing, lifetime) = base.as_ref()?;
    through(thing.fields.borrow().get(field).cloned().flatten(), *lifetime)
}

fn store(base: &Reference, field: String, value: Reference) {
    if let Some((thing, _)) = base {
        thing.fields.borrow_mut().insert(field, value);
    }
}

/// The elements of an array, as they are read through it.
fn elements_of(array: &Reference) -> Option<Vec<Reference>> {
    let (thing, lifetime) = array.as_ref()?;
    let elements = thing.elements.as_ref()?.borrow().clone();
    Some(elements.into_iter().map(|element| through(element, *lifetime)).collect())
}

/// Copies what `from` holds into `to`; elements are seen again only in an array.
fn copy_all(to: &Reference, from: &Reference, except: Option<&str>) {
    let (Some((to, _)), Some((from, way))) = (to, from) else { return };
    let fields = from.fields.borrow().clone();
    for (field, value) in fields {
        if except != Some(field.as_str()) {
            to.fields.borrow_mut().insert(field, through(value, *way));
        }
    }
    if let (Some(to), Some(from)) = (&to.elements, &from.elements) {
        let read: Vec<Reference> = from.borrow().iter().map(|value| through(value.clone(), *way)).collect();
        let mut elements = to.borrow_mut();
        for (at, value) in read.into_iter().enumerate() {
            if at < elements.len() {
                elements[at] = value;
            } else {
                elements.push(value);
            }
        }
    }
}
