//! Aligning the statements around two writes.

use super::places::Level;
use crate::syntax::facts::Shape;

/// What a node of two statements is worth that have the same shape and properties.
const SAME: i64 = 4;
/// … that have the same shape, and other properties.
const SIMILAR: i64 = 3;
/// What a node of a test's statement costs that has no counterpart.
const DROPPED: i64 = 2;
/// What a node of a statement costs that was inserted into the copy. It is less: copies grow.
const INSERTED: i64 = 1;

/// Statements that correspond, as indices into the test's and the production's, in order; the anchors are a pair.
pub(super) type Pairs = Vec<(usize, usize)>;

/// Aligns what is before and after the anchors, as far as it gains.
pub(super) fn align(test: &Level<'_>, production: &Level<'_>) -> Pairs {
    let (a, b) = (test.anchor, production.anchor);
    let before: [Vec<&Shape>; 2] =
        [test.shapes[..a].iter().rev().collect(), production.shapes[..b].iter().rev().collect()];
    let after: [Vec<&Shape>; 2] = [test.shapes[a + 1..].iter().collect(), production.shapes[b + 1..].iter().collect()];
    let mut pairs: Pairs = extend(&before[0], &before[1]).into_iter().map(|(i, j)| (a - 1 - i, b - 1 - j)).collect();
    pairs.push((a, b));
    let mut later: Pairs = extend(&after[0], &after[1]).into_iter().map(|(i, j)| (a + 1 + i, b + 1 + j)).collect();
    later.reverse();
    pairs.append(&mut later);
    pairs
}

/// The pairs of the best alignment of a beginning of one list with a beginning of the other, last first.
fn extend(test: &[&Shape], production: &[&Shape]) -> Pairs {
    let width = production.len() + 1;
    let mut scores = vec![0_i64; (test.len() + 1) * width];
    let mut best = (0, 0, 0);
    for i in 0..=test.len() {
        for j in 0..=production.len() {
            let score = if i == 0 && j == 0 { 0 } else { step(test, production, &scores, (i, j)) };
            scores[i * width + j] = score;
            if score > best.0 {
                best = (score, i, j);
            }
        }
    }
    trace(test, production, &scores, (best.1, best.2))
}

/// The best score of the first `i` statements with the first `j`.
fn step(test: &[&Shape], production: &[&Shape], scores: &[i64], (i, j): (usize, usize)) -> i64 {
    let width = production.len() + 1;
    let mut score = i64::MIN;
    if i > 0 {
        score = score.max(scores[(i - 1) * width + j] - DROPPED * i64::from(test[i - 1].weight));
    }
    if j > 0 {
        score = score.max(scores[i * width + j - 1] - INSERTED * i64::from(production[j - 1].weight));
    }
    if i > 0
        && j > 0
        && let Some(worth) = worth(test[i - 1], production[j - 1])
    {
        score = score.max(scores[(i - 1) * width + j - 1] + worth);
    }
    score
}

fn worth(test: &Shape, production: &Shape) -> Option<i64> {
    let each = if test.properties == production.properties { SAME } else { SIMILAR };
    (test.hash == production.hash).then_some(each * i64::from(test.weight))
}

fn trace(test: &[&Shape], production: &[&Shape], scores: &[i64], end: (usize, usize)) -> Pairs {
    let width = production.len() + 1;
    let (mut i, mut j) = end;
    let mut pairs = Vec::new();
    while i > 0 || j > 0 {
        let score = scores[i * width + j];
        let paired = if i > 0 && j > 0 { worth(test[i - 1], production[j - 1]) } else { None };
        if paired.is_some_and(|worth| scores[(i - 1) * width + j - 1] + worth == score) {
            (i, j) = (i - 1, j - 1);
            pairs.push((i, j));
        } else if i > 0 && scores[(i - 1) * width + j] - DROPPED * i64::from(test[i - 1].weight) == score {
            i -= 1;
        } else {
            j = j.saturating_sub(1);
        }
    }
    pairs
}
