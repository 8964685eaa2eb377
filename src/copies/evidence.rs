//! Whether what is aligned is a copy.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::alignment::Pairs;
use super::places::Level;
use super::seeds::HEAVY;
use crate::base::span::ByteRange;
use crate::syntax::facts::{MODULE_BODY, Shape};

/// The share of the test's region, in percent of its weight, that has a counterpart.
const MIN_TEST_SHARE: u32 = 65;
/// The share of the production's region that has one. It is less: copies grow.
const MIN_PRODUCTION_SHARE: u32 = 50;
/// Of how many shapes a copy is at least, unless its write is heavy.
const MIN_SHAPES: usize = 3;
/// The least weight, each shape counted once, of a copy that is about the same properties.
const MIN_WEIGHT: u32 = 20;
/// The least share, in percent, of a copy's weight in statements about the same properties, for it to be about them.
const MIN_NAMED_SHARE: u32 = 33;
/// What a copy needs whose properties were renamed, or that has few: structure alone must convince.
const MIN_WEIGHT_OF_STRUCTURE: u32 = 26;
const MIN_SHAPES_OF_STRUCTURE: usize = 5;
const MIN_SHARE_OF_STRUCTURE: u32 = 80;

/// How far outside of the aligned regions a moved statement is looked for, in statements.
const MOVED_BY: usize = 3;

/// What two regions have in common. Weights are counts of tree nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Evidence {
    pub(super) test: ByteRange,
    pub(super) production: ByteRange,
    /// Of the test's statements that have a counterpart.
    matched: u32,
    /// Of those of them that have properties, and the same.
    named: u32,
    test_weight: u32,
    production_weight: u32,
    /// How many shapes the matched statements have, and the weight of one statement of each: repetitions (a file's
    /// `require`s, a list of settings) say no more than one of them.
    shapes: usize,
    varied: u32,
    scope: Scope,
    /// The weight of the write's statement, if its counterpart is about the same properties.
    anchor: u32,
}

/// Where the regions are. What files begin with (imports, making an app) has the same structure in many of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    Functions,
    /// One of them is a module's body.
    ModuleBody,
}

impl Scope {
    fn of(test: &Level<'_>, production: &Level<'_>) -> Self {
        let is_body = [test.function, production.function].contains(&MODULE_BODY);
        if is_body { Self::ModuleBody } else { Self::Functions }
    }
}

impl Evidence {
    /// What the regions have in common that the pairs, and what was moved near them, span.
    pub(super) fn of(test: &Level<'_>, production: &Level<'_>, pairs: &Pairs) -> Self {
        let mut pairs: Pairs = pairs.iter().copied().skip_while(|pair| is_tail(production, pair.1)).collect();
        pairs.extend(moved(test, production, &pairs));
        let both = || pairs.iter().map(|&(i, j)| (test.shapes[i], production.shapes[j]));
        let anchors = (test.shapes[test.anchor], production.shapes[production.anchor]);
        let mut shapes = FxHashSet::default();
        let varied = both().filter(|(shape, _)| shapes.insert(shape.hash)).map(|(shape, _)| shape.weight).sum();
        Self {
            test: hull(both().map(|(test, _)| test.range)),
            production: hull(both().map(|(_, production)| production.range)),
            matched: both().map(|(test, _)| test.weight).sum(),
            named: both().filter(|(test, other)| has_same_properties(test, other)).map(|(test, _)| test.weight).sum(),
            test_weight: weight(&test.shapes[span(pairs.iter().map(|pair| pair.0))]),
            production_weight: weight(&production.shapes[span(pairs.iter().map(|pair| pair.1))]),
            shapes: shapes.len(),
            varied,
            scope: Scope::of(test, production),
            anchor: if anchors.0.properties == anchors.1.properties { anchors.0.weight } else { 0 },
        }
    }

    pub(super) fn is_copy(&self) -> bool {
        if self.score() < MIN_TEST_SHARE || percent(self.matched, self.production_weight) < MIN_PRODUCTION_SHARE {
            return false;
        }
        let is_about_the_same = self.anchor > 0 && percent(self.named, self.matched) >= MIN_NAMED_SHARE;
        let is_varied = self.shapes >= MIN_SHAPES || self.anchor >= HEAVY;
        if is_about_the_same && is_varied && self.varied >= MIN_WEIGHT {
            return true;
        }
        self.scope == Scope::Functions
            && self.shapes >= MIN_SHAPES_OF_STRUCTURE
            && self.varied >= MIN_WEIGHT_OF_STRUCTURE
            && self.score() >= MIN_SHARE_OF_STRUCTURE
    }

    /// How much of the test's region has a counterpart, in percent of its weight.
    pub(super) fn score(&self) -> u32 {
        percent(self.matched, self.test_weight)
    }

    /// Whether this, found in larger functions, says so much more that it is the better answer.
    pub(super) fn is_worth_more_room_than(&self, smaller: &Self) -> bool {
        self.matched * 4 > smaller.matched * 5
    }

    /// What the best of several copies has most of.
    pub(super) fn rank(&self) -> (u32, u32, u32) {
        (self.matched, self.named, self.score())
    }
}

/// Whether a statement stands inside one that ends before the write: a copy does not begin amid that.
fn is_tail(level: &Level<'_>, index: usize) -> bool {
    let (inner, anchor) = (level.shapes[index].range, level.shapes[level.anchor].range);
    level.shapes[..index].iter().any(|outer| outer.range.contains(inner) && outer.range.end <= anchor.start)
}

/// Statements that have a counterpart out of order: within the regions that the pairs span, or near them and about the
/// same properties.
fn moved(test: &Level<'_>, production: &Level<'_>, pairs: &Pairs) -> Pairs {
    let test_span = span(pairs.iter().map(|pair| pair.0));
    let production_span = span(pairs.iter().map(|pair| pair.1));
    let paired: [FxHashSet<usize>; 2] =
        [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()];
    let mut spare: Vec<usize> = widened(&production_span, production)
        .filter(|index| !paired[1].contains(index))
        .filter(|&index| index >= production_span.start || !is_tail(production, index))
        .collect();
    let mut moved = Vec::new();
    for i in widened(&test_span, test).filter(|index| !paired[0].contains(index)) {
        let shape = &test.shapes[i];
        let counterpart = spare.iter().position(|&j| {
            let other = &production.shapes[j];
            let is_within = test_span.contains(&i) && production_span.contains(&j);
            shape.hash == other.hash && (is_within || has_same_properties(shape, other))
        });
        if let Some(index) = counterpart {
            moved.push((i, spare.remove(index)));
        }
    }
    moved
}

/// From the first to the last of some indices.
fn span(indices: impl Iterator<Item = usize> + Clone) -> Range<usize> {
    let first = indices.clone().min().unwrap_or(0);
    first..indices.max().map_or(first, |last| last + 1)
}

/// A span with what is near it.
fn widened(span: &Range<usize>, level: &Level<'_>) -> Range<usize> {
    span.start.saturating_sub(MOVED_BY)..(span.end + MOVED_BY).min(level.shapes.len())
}

fn has_same_properties(a: &Shape, b: &Shape) -> bool {
    a.properties != 0 && a.properties == b.properties
}

fn weight(shapes: &[Shape]) -> u32 {
    shapes.iter().map(|shape| shape.weight).sum()
}

fn percent(part: u32, whole: u32) -> u32 {
    if whole == 0 { 0 } else { u32::try_from(u64::from(part) * 100 / u64::from(whole)).unwrap_or(100).min(100) }
}

/// The smallest range that holds all of them.
fn hull(ranges: impl Iterator<Item = ByteRange>) -> ByteRange {
    let both = |a: ByteRange, b: ByteRange| ByteRange::new(a.start.min(b.start), a.end.max(b.end));
    ranges.reduce(both).unwrap_or_default()
}
