//! The one walk over the tree: expressions become value nodes and constraints, statements become shapes, guards and
//! cleanup marks, and scopes are resolved on the way.
//!
//! [`Lowerer`] holds the file's tables and the function at hand ([`Frame`]); the files of this folder add to it what
//! they are named after.

mod assignments;
mod calls;
mod checks;
mod classes;
mod cloning;
mod completed;
mod expressions;
mod functions;
mod getters;
mod guards;
mod imports_exports;
mod jsx;
mod literals;
mod loops;
mod machines;
mod name_tests;
mod narrowing;
mod patterns;
mod questions;
mod reuse;
mod statements;
mod types;
mod typescript;
mod versions;

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use swc_atoms::Atom;
use swc_common::Span;
use swc_ecma_ast::{Expr, Ident, Program};

use crate::base::index::{Idx, IndexVec};
use crate::base::span::ByteRange;
use crate::syntax::facts::{
    Argument, Binding, BindingId, BindingKind, ClassId, Cleanup, Cloning, Constraint, FIRST_FREE, Function,
    FunctionForm, FunctionId, FunctionKind, GuardId, Key, MODULE_BODY, ModuleFacts, ModuleKind, NameId, Origin, Place,
    Run, SELF, Shape, Site, SiteId, SiteKind, THIS, ValueId, Write,
};
use crate::syntax::scopes::{BlockFunctions, Scopes};

/// A span of swc's as a byte range: positions count from 1, and 0 is no position.
pub(super) fn range(span: Span) -> ByteRange {
    ByteRange::new(span.lo.0.saturating_sub(1), span.hi.0.saturating_sub(1))
}

/// The facts of a program.
pub(super) fn program(program: &Program) -> ModuleFacts {
    let mut lowerer = Lowerer::new();
    match program {
        Program::Module(module) => lowerer.module(module),
        Program::Script(script) => lowerer.script(script),
    }
    lowerer.finish()
}

/// The facts of a JSON file.
pub(super) fn json(value: &Expr) -> ModuleFacts {
    let mut lowerer = Lowerer::new();
    lowerer.json(value);
    lowerer.finish()
}

/// The facts of a file of which nothing is known: a module's body without content.
pub(super) fn nothing() -> ModuleFacts {
    Lowerer::new().finish()
}

/// A local variable that holds what a container had under a key.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    pub(super) container: ValueId,
    pub(super) key: ValueId,
}

/// The class around the code at hand, for `super`.
#[derive(Clone, Copy)]
pub(super) struct Home {
    pub(super) class: ClassId,
    pub(super) is_static: bool,
}

/// The function at hand.
pub(super) struct Frame<'a> {
    pub(super) id: FunctionId,
    pub(super) form: FunctionForm,
    pub(super) constraints: Vec<Constraint>,
    pub(super) ranges: Vec<ByteRange>,
    pub(super) shapes: Vec<Shape>,
    /// The guards that hold here, outermost first.
    pub(super) guards: Vec<GuardId>,
    /// The list of [`Self::guards`] in the file's table, while they stay as they are.
    pub(super) guard_run: Option<Run>,
    pub(super) statement: ByteRange,
    pub(super) cleanup: Cleanup,
    /// The hash and weight of the statement at hand.
    pub(super) hash: u64,
    pub(super) weight: u32,
    /// The hash of the names of its properties.
    pub(super) properties: u32,
    /// Where the code at hand stands among loops.
    pub(super) rounds: loops::Rounds,
    /// A node that holds nothing, for places where one is needed.
    pub(super) nothing: Option<ValueId>,
    /// The nearest function that has a `this` of its own: this one, unless it is an arrow.
    pub(super) this_function: FunctionId,
    pub(super) this: Option<ValueId>,
    pub(super) home: Option<Home>,
    /// The class whose instance fields are still to be lowered, in a constructor.
    pub(super) fields: Option<classes::Fields<'a>>,
    /// The `for (k in src)` around the code at hand.
    pub(super) key_loop: Option<statements::KeyLoop<'a>>,
    /// Local variables that hold `m.get(k)` or `o[k]`.
    pub(super) lookups: FxHashMap<ValueId, Lookup>,
    /// The variable of a copy that is not complete yet.
    pub(super) completing: Option<BindingId>,
    /// Local variables that hold the answer to a question.
    pub(super) questions: FxHashMap<ValueId, questions::Question>,
    /// Guards that hold since something was thrown where they did not.
    pub(super) asserted: Vec<GuardId>,
    /// What held when the function gave something that is not plainly false; more than one such answer says nothing.
    pub(super) answers: SmallVec<[Run; 2]>,
    /// What variables hold since their last assignment on the way to here, the newest last.
    pub(super) versions: Vec<versions::Version>,
    /// The tests that variables have passed here, outermost first.
    pub(super) narrowings: Vec<narrowing::Narrowing>,
    /// Constants that are longer forms of others.
    pub(super) longer: Vec<narrowing::Longer>,
    /// How many loops are around.
    pub(super) loops: u32,
    /// Variables that were made from places, the newest last.
    pub(super) copies: VecDeque<reuse::OldCopy<'a>>,
    /// The state machine that a compiler made of the function.
    pub(super) machine: Option<machines::Machine>,
}

impl Frame<'_> {
    fn new(id: FunctionId, form: FunctionForm) -> Self {
        Self {
            id,
            form,
            constraints: Vec::new(),
            ranges: vec![ByteRange::default(); FIRST_FREE as usize],
            shapes: Vec::new(),
            guards: Vec::new(),
            guard_run: None,
            statement: ByteRange::default(),
            cleanup: Cleanup::None,
            hash: 0,
            weight: 0,
            properties: 0,
            rounds: loops::Rounds::default(),
            nothing: None,
            this_function: id,
            this: None,
            home: None,
            fields: None,
            key_loop: None,
            lookups: FxHashMap::default(),
            completing: None,
            questions: FxHashMap::default(),
            asserted: Vec::new(),
            answers: SmallVec::new(),
            versions: Vec::new(),
            narrowings: Vec::new(),
            longer: Vec::new(),
            loops: 0,
            copies: VecDeque::new(),
            machine: None,
        }
    }
}

/// The state of the walk. `'a` is the tree's.
pub(super) struct Lowerer<'a> {
    pub(super) facts: ModuleFacts,
    names: FxHashMap<Atom, NameId>,
    pub(super) scopes: Scopes,
    pub(super) frame: Frame<'a>,
    pub(super) outer_frames: Vec<Frame<'a>>,
    pub(super) block_functions: BlockFunctions,
    /// For each binding, the function that loaded it last from outside, and the node that it got.
    outer_loads: Vec<(FunctionId, ValueId)>,
    /// The same for free names.
    global_loads: Vec<(FunctionId, ValueId)>,
    /// Names of types of this file that stand for a fixed set of values.
    pub(super) finite_types: FxHashSet<NameId>,
    /// How many classes of this file are above a class, by its function and node.
    pub(super) ancestors: FxHashMap<(FunctionId, ValueId), u32>,
    /// Bindings of enums.
    pub(super) enums: FxHashSet<BindingId>,
    /// What variables that are assigned once are made with.
    pub(super) made_with: FxHashMap<BindingId, &'a Expr>,
}

const NOWHERE: (FunctionId, ValueId) = (FunctionId(u32::MAX), ValueId(0));

impl Lowerer<'_> {
    fn new() -> Self {
        let mut facts = ModuleFacts::default();
        facts.functions.push(unfinished(None, None, plain(FunctionForm::Module), ByteRange::default()));
        Self {
            facts,
            names: FxHashMap::default(),
            scopes: Scopes::default(),
            frame: Frame::new(MODULE_BODY, FunctionForm::Module),
            outer_frames: Vec::new(),
            block_functions: BlockFunctions::Hoisted,
            outer_loads: Vec::new(),
            global_loads: Vec::new(),
            finite_types: FxHashSet::default(),
            ancestors: FxHashMap::default(),
            enums: FxHashSet::default(),
            made_with: FxHashMap::default(),
        }
    }

    fn finish(mut self) -> ModuleFacts {
        self.finish_frame_into_facts();
        let mut writes = std::mem::take(&mut self.facts.writes).into_raw();
        writes.sort_by_key(|write| (write.range.start, write.range.end));
        self.facts.writes = IndexVec::from_raw(writes);
        self.facts.shrink();
        self.facts
    }

    /// Moves the tables of the function at hand into the file's.
    pub(super) fn finish_frame_into_facts(&mut self) {
        self.note_checks();
        let frame = &mut self.frame;
        let cloning = cloning::decide(&frame.constraints, frame.form, self.facts.params_of(frame.id), &self.facts);
        let function = &mut self.facts.functions[frame.id];
        function.value_count = u32::try_from(frame.ranges.len()).unwrap_or(u32::MAX);
        function.cloning = cloning;
        function.constraints = append(&mut self.facts.constraints, &mut frame.constraints);
        function.values = append(&mut self.facts.value_ranges, &mut frame.ranges);
        function.shapes = append(&mut self.facts.shapes, &mut frame.shapes);
    }

    // Names.

    /// The id of a name.
    pub(super) fn name(&mut self, atom: &Atom) -> NameId {
        if let Some(&id) = self.names.get(atom) {
            return id;
        }
        let id = self.facts.names.push(atom.as_str().into());
        self.names.insert(atom.clone(), id);
        id
    }

    /// The id of a name that is no atom yet.
    pub(super) fn name_of(&mut self, text: &str) -> NameId {
        self.name(&Atom::from(text))
    }

    // Nodes and constraints.

    /// A new node that comes from nowhere in particular.
    pub(super) fn node(&mut self) -> ValueId {
        self.node_at(ByteRange::default())
    }

    /// A new node for what stands at `range`.
    pub(super) fn node_at(&mut self, range: ByteRange) -> ValueId {
        let id = ValueId::new(self.frame.ranges.len());
        self.frame.ranges.push(range);
        id
    }

    /// The function's node that holds nothing.
    pub(super) fn nothing(&mut self) -> ValueId {
        if let Some(node) = self.frame.nothing {
            return node;
        }
        let node = self.node();
        self.frame.nothing = Some(node);
        node
    }

    pub(super) fn emit(&mut self, constraint: Constraint) {
        self.frame.constraints.push(constraint);
    }

    /// `dst` may hold what `src` may hold.
    pub(super) fn copy(&mut self, dst: ValueId, src: Option<ValueId>) {
        if let Some(src) = src
            && src != dst
        {
            self.emit(Constraint::Copy { dst, src });
        }
    }

    pub(super) fn origin(&mut self, span: Span, origin: Origin) -> ValueId {
        let dst = self.node_at(range(span));
        self.emit(Constraint::Origin { dst, origin });
        dst
    }

    pub(super) fn string(&mut self, span: Span, value: NameId) -> ValueId {
        let dst = self.node_at(range(span));
        self.emit(Constraint::String { dst, value });
        dst
    }

    pub(super) fn alloc(&mut self, kind: SiteKind, range: ByteRange) -> ValueId {
        let dst = self.node_at(range);
        self.alloc_into(dst, kind, range);
        dst
    }

    pub(super) fn alloc_into(&mut self, dst: ValueId, kind: SiteKind, range: ByteRange) -> SiteId {
        let site = self.facts.sites.push(Site { kind, function: self.frame.id, range });
        self.emit(Constraint::Alloc { dst, site });
        site
    }

    /// Adds arguments or parts to the table.
    pub(super) fn arguments(&mut self, arguments: &[Argument]) -> Run {
        let start = self.facts.arguments.len();
        self.facts.arguments.extend_from_slice(arguments);
        run(start, self.facts.arguments.len())
    }

    /// Adds names to the table of lists.
    pub(super) fn name_list(&mut self, names: &[NameId]) -> Run {
        let start = self.facts.name_lists.len();
        self.facts.name_lists.extend_from_slice(names);
        run(start, self.facts.name_lists.len())
    }

    // Bindings.

    /// Declares a name in the innermost scope, with a new home node in the function at hand.
    pub(super) fn declare(&mut self, ident: &Ident, kind: BindingKind) -> BindingId {
        let home = self.node_at(range(ident.span));
        self.declare_at(ident, kind, home)
    }

    /// Declares a name whose home is known.
    pub(super) fn declare_at(&mut self, ident: &Ident, kind: BindingKind, home: ValueId) -> BindingId {
        let name = self.name(&ident.sym);
        let binding = self.facts.bindings.push(Binding {
            name,
            kind,
            function: self.frame.id,
            home,
            range: range(ident.span),
            import: None,
            is_captured: false,
        });
        self.outer_loads.push(NOWHERE);
        self.scopes.declare(name, binding);
        binding
    }

    /// Declares a name unless the scope has it already, as repeated `var`s and functions do.
    pub(super) fn declare_once(&mut self, ident: &Ident, kind: BindingKind) {
        let name = self.name(&ident.sym);
        if self.scopes.own(name).is_none() {
            self.declare(ident, kind);
        }
    }

    /// What a name means here.
    pub(super) fn resolve(&mut self, ident: &Ident) -> Option<BindingId> {
        let name = self.name(&ident.sym);
        self.scopes.resolve(name)
    }

    /// The value of a name.
    pub(super) fn read(&mut self, ident: &Ident) -> Option<ValueId> {
        let name = self.name(&ident.sym);
        let Some(binding) = self.scopes.resolve(name) else {
            return self.read_free(name, ident);
        };
        Some(self.read_binding(binding, range(ident.span)))
    }

    fn read_free(&mut self, name: NameId, ident: &Ident) -> Option<ValueId> {
        match ident.sym.as_str() {
            "undefined" | "NaN" | "Infinity" => return None,
            "arguments" => return Some(self.arguments_object(range(ident.span))),
            _ => {}
        }
        Some(self.global(name, range(ident.span)))
    }

    /// The value of a free name. One node serves all reads of a function.
    pub(super) fn global(&mut self, name: NameId, range: ByteRange) -> ValueId {
        if self.global_loads.len() <= name.index() {
            self.global_loads.resize(name.index() + 1, NOWHERE);
        }
        let (function, node) = self.global_loads[name.index()];
        if function == self.frame.id {
            return node;
        }
        let dst = self.node_at(range);
        self.emit(Constraint::LoadGlobal { dst, name });
        self.global_loads[name.index()] = (self.frame.id, dst);
        dst
    }

    /// The value of a binding. One node serves all reads of a function.
    pub(super) fn read_binding(&mut self, id: BindingId, range: ByteRange) -> ValueId {
        let binding = self.facts.bindings[id];
        let is_own = binding.function == self.frame.id;
        if is_own && binding.import.is_none() {
            return self.version_of(id).unwrap_or(binding.home);
        }
        // The variable is read all the same: other calls may have written it in between.
        let version = self.version_of(id);
        let (function, node) = self.outer_loads[id.index()];
        if function == self.frame.id {
            return version.unwrap_or(node);
        }
        let dst = self.node_at(range);
        if let Some(import) = binding.import {
            self.emit(Constraint::LoadImport { dst, import });
        } else {
            self.emit(Constraint::LoadOuter { dst, binding: id });
        }
        self.facts.bindings[id].is_captured |= !is_own;
        self.outer_loads[id.index()] = (self.frame.id, dst);
        version.unwrap_or(dst)
    }

    /// Lets a value flow into a binding; no [`Write`].
    pub(super) fn store_binding(&mut self, id: BindingId, src: Option<ValueId>) {
        let binding = self.facts.bindings[id];
        if binding.import.is_some() {
            return;
        }
        self.forget_narrowing(id);
        if binding.function == self.frame.id {
            self.copy(binding.home, src);
            self.forget_version(id);
            return;
        }
        self.facts.bindings[id].is_captured = true;
        if let Some(src) = src {
            self.emit(Constraint::StoreOuter { binding: id, src });
        }
        self.forget_version(id);
    }

    /// `this`; an arrow takes that of the function around it.
    pub(super) fn this(&mut self, span: Span) -> ValueId {
        if self.frame.form != FunctionForm::Arrow {
            return THIS;
        }
        if let Some(this) = self.frame.this {
            return this;
        }
        let dst = self.node_at(range(span));
        let function = self.frame.this_function;
        self.emit(Constraint::OuterThis { dst, function });
        self.frame.this = Some(dst);
        dst
    }

    fn arguments_object(&mut self, range: ByteRange) -> ValueId {
        if self.frame.form != FunctionForm::Arrow {
            return crate::syntax::facts::ARGUMENTS;
        }
        let dst = self.node_at(range);
        let function = self.frame.this_function;
        self.emit(Constraint::OuterArguments { dst, function });
        dst
    }

    // Shapes.

    /// Takes a tree node into the shape of the statement at hand.
    pub(super) fn shape(&mut self, kind: u32) {
        let frame = &mut self.frame;
        frame.hash = (frame.hash.rotate_left(5) ^ u64::from(kind)).wrapping_mul(0x517c_c1b7_2722_0a95);
        frame.weight += 1;
    }

    /// Takes the name of a property into the shape of the statement at hand, beside its structure.
    pub(super) fn shape_key(&mut self, key: Key) {
        let Key::Name(name) = key else { return };
        let properties = &mut self.frame.properties;
        for byte in self.facts.name(name).bytes() {
            *properties = (*properties ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        // Keeps `a.bc` and `ab.c` apart, and a hash that is there from being 0.
        *properties = properties.rotate_left(5) | 1;
    }

    // Writes.

    /// A write event of the function at hand, with what holds there.
    pub(super) fn push_write(&mut self, write: WriteParts) {
        let guards = self.guard_run();
        self.facts.writes.push(Write {
            function: self.frame.id,
            place: write.place,
            form: write.form,
            value: write.value,
            reuse: write.reuse,
            range: write.range,
            statement: self.frame.statement,
            guards,
            cleanup: self.frame.cleanup,
            is_initializer: write.is_initializer,
        });
    }
}

/// What a write is, without its surroundings.
#[derive(Clone, Copy)]
pub(super) struct WriteParts {
    pub(super) place: Place,
    pub(super) form: crate::syntax::facts::WriteForm,
    pub(super) value: Option<ValueId>,
    pub(super) reuse: crate::syntax::facts::Reuse,
    pub(super) range: ByteRange,
    pub(super) is_initializer: bool,
}

/// A function of which only the outside is known.
pub(super) fn unfinished(
    parent: Option<FunctionId>,
    name: Option<NameId>,
    kind: FunctionKind,
    range: ByteRange,
) -> Function {
    Function {
        parent,
        name,
        kind,
        range,
        head: range,
        params: Run::default(),
        value_count: 0,
        values: Run::default(),
        constraints: Run::default(),
        shapes: Run::default(),
        class: None,
        cloning: Cloning::None,
        directives: Run::default(),
    }
}

/// A form that is neither async nor a generator.
pub(super) fn plain(form: FunctionForm) -> FunctionKind {
    FunctionKind { form, is_async: false, is_generator: false }
}

/// A run of a table.
pub(super) fn run(start: usize, end: usize) -> Run {
    Run { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
}

fn append<T>(table: &mut Vec<T>, new: &mut Vec<T>) -> Run {
    let start = table.len();
    table.append(new);
    run(start, table.len())
}

/// The kind that a file's declarations give it.
pub(super) fn kind_of(is_es: Es) -> ModuleKind {
    match is_es {
        Es::Yes => ModuleKind::Es,
        Es::No => ModuleKind::CommonJs,
    }
}

/// Whether a file has import or export declarations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Es {
    Yes,
    No,
}

/// `SELF`, as the home of a function expression's name.
pub(super) const OWN_NAME: ValueId = SELF;
