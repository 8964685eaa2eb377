//! An index by which the places are found that may be a copy of a wanted write's surroundings.
//!
//! Two neighbours of a write, of other shapes than the write's and each other's, and the write itself make a seed. Shapes
//! like `x.y = z` are everywhere; three that belong together are not. Neighbours are taken from a few statements away,
//! in any order, so that an inserted, dropped or moved statement leaves others to go by.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::syntax::facts::Shape;

/// How many statements before and after a write are its neighbours.
const NEIGHBOURS: usize = 5;

/// A statement that is as heavy as this says enough by itself.
pub(super) const HEAVY: u32 = 20;

/// How many writes share a seed at most.
const MAX_SHARED: usize = 64;

/// The hash of a write's statement and of two of its neighbours; of a heavy one alone, the neighbours are 0.
type Seed = (u64, u64, u64);

/// Which of the wanted writes have a seed.
#[derive(Default)]
pub(super) struct Seeds {
    anchors: FxHashSet<u64>,
    by_seed: FxHashMap<Seed, Vec<usize>>,
}

impl Seeds {
    pub(super) fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Adds a wanted write's statement.
    pub(super) fn add(&mut self, index: usize, shapes: &[Shape], position: usize) {
        self.anchors.insert(shapes[position].hash);
        for seed in seeds(shapes, position) {
            let sharing = self.by_seed.entry(seed).or_default();
            if sharing.len() < MAX_SHARED {
                sharing.push(index);
            }
        }
    }

    /// The wanted writes of which a statement may be the counterpart: those with most seeds, up to `most`.
    pub(super) fn near(&self, shapes: &[Shape], position: usize, most: usize) -> SmallVec<[usize; 4]> {
        if !self.anchors.contains(&shapes[position].hash) {
            return SmallVec::new();
        }
        let mut hits: Vec<usize> = Vec::new();
        for seed in seeds(shapes, position) {
            hits.extend(self.by_seed.get(&seed).into_iter().flatten());
        }
        hits.sort_unstable();
        let mut counted: Vec<(std::cmp::Reverse<usize>, usize)> =
            hits.chunk_by(|a, b| a == b).map(|chunk| (std::cmp::Reverse(chunk.len()), chunk[0])).collect();
        counted.sort_unstable();
        counted.into_iter().take(most).map(|(_, index)| index).collect()
    }
}

fn seeds(shapes: &[Shape], position: usize) -> Vec<Seed> {
    let anchor = shapes[position];
    let end = (position + NEIGHBOURS + 1).min(shapes.len());
    let near = &shapes[position.saturating_sub(NEIGHBOURS)..end];
    let mut neighbours: SmallVec<[u64; 2 * NEIGHBOURS]> =
        near.iter().map(|shape| shape.hash).filter(|&hash| hash != anchor.hash).collect();
    neighbours.sort_unstable();
    neighbours.dedup();
    let mut seeds = Vec::new();
    for (index, &first) in neighbours.iter().enumerate() {
        seeds.extend(neighbours[index + 1..].iter().map(|&second| (anchor.hash, first, second)));
    }
    if anchor.weight >= HEAVY {
        seeds.push((anchor.hash, 0, 0));
    }
    seeds
}
