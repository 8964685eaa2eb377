//! Statements among those of their file, and the functions around them.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::shapes_of;
use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::syntax::facts::{FunctionId, MODULE_BODY, ModuleFacts, Shape};

/// How many statements before and after a write are looked at.
const REACH: usize = 48;

/// How many functions around a statement are tried.
const MAX_LEVELS: usize = 4;

/// A statement.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) file: FileId,
    /// Its index among the file's shapes.
    pub(super) position: usize,
}

/// The statements of one function around an anchor, as far as they are looked at.
#[derive(Clone, Copy)]
pub(super) struct Level<'a> {
    pub(super) shapes: &'a [Shape],
    /// The index of the write's statement among them.
    pub(super) anchor: usize,
    pub(super) function: FunctionId,
}

/// The innermost statement that holds a write.
pub(super) fn statement_of(shapes: &[Shape], write: ByteRange) -> Option<usize> {
    let holding = shapes.iter().enumerate().filter(|(_, shape)| shape.range.contains(write));
    holding.min_by_key(|(_, shape)| shape.range.end - shape.range.start).map(|(position, _)| position)
}

/// What is around a statement, as one number.
pub(super) fn surroundings(module: &ModuleFacts, position: usize) -> u64 {
    let mut hasher = FxHasher::default();
    for level in levels(module, position) {
        level.anchor.hash(&mut hasher);
        for shape in level.shapes {
            (shape.hash, shape.properties).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The functions around a statement, innermost first. The module's body is one only for what no function holds.
pub(super) fn levels(module: &ModuleFacts, position: usize) -> SmallVec<[Level<'_>; MAX_LEVELS]> {
    let shapes = shapes_of(module);
    let mut levels = SmallVec::new();
    let mut function = function_around(module, shapes[position].range);
    if function == MODULE_BODY {
        levels.push(level(shapes, position, module, MODULE_BODY));
    }
    while function != MODULE_BODY && levels.len() < MAX_LEVELS {
        levels.push(level(shapes, position, module, function));
        function = module.functions[function].parent.unwrap_or(MODULE_BODY);
    }
    levels
}

/// The run of a function's statements around one, within reach.
fn level<'a>(shapes: &'a [Shape], position: usize, module: &ModuleFacts, function: FunctionId) -> Level<'a> {
    let whole = module.functions[function].range;
    let is_inside = |shape: &&Shape| function == MODULE_BODY || whole.contains(shape.range);
    let before = shapes[..position].iter().rev().take(REACH).take_while(is_inside).count();
    let after = shapes[position..].iter().take(REACH + 1).take_while(is_inside).count();
    Level { shapes: &shapes[position - before..position + after.max(1)], anchor: before, function }
}

/// The innermost function whose inside holds a range. An arrow's body, as an expression, is inside it.
pub(super) fn function_around(module: &ModuleFacts, range: ByteRange) -> FunctionId {
    let mut innermost = MODULE_BODY;
    let mut size = u32::MAX;
    for (id, function) in module.functions.iter_enumerated() {
        let length = function.range.end - function.range.start;
        // A function declaration's own statement has the function's range.
        if id != MODULE_BODY && length < size && function.range != range && function.range.contains(range) {
            innermost = id;
            size = length;
        }
    }
    innermost
}
