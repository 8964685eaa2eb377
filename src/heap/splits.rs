//! `text.split('.')` of what is known of a text: an array of its pieces, of which the last and all but the last can be
//! asked for too.

use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Value, ValueKind};
use crate::heap::solver::{Arg, Invocation, Solver};
use crate::heap::texts::{Join, Making, Text, whole};
use crate::models::facts::DataKind;
use crate::modules::PatternPart;

/// The part of a call that the array is.
const PIECES: u8 = 5;

/// A text of more pieces is a list of anything.
const MOST: usize = 64;

/// The pieces of a text, which wait until it and the separator are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    array: ObjectId,
    text: NodeId,
    separator: NodeId,
    /// Which of the pieces are in the array.
    kept: Kept,
    /// How much both held when the pieces were last made.
    heard: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kept {
    All,
    /// `text.split('.').slice(0, -1)`.
    ButLast,
}

impl Solver<'_> {
    /// `text.split(separator)`.
    pub(super) fn split_text(&mut self, inv: &Invocation, receiver: Value, dst: NodeId) {
        let Some(separator) = inv.args.first().map(|arg| arg.node) else { return };
        let array = self.made(inv.caller, inv.call, PIECES, ObjectKind::Array);
        let known = self.waiting.splits.iter().find(|split| split.array == array).map(|split| split.text);
        let text = known.unwrap_or_else(|| {
            let text = self.fresh_node();
            self.waiting.splits.push(Split { array, text, separator, kept: Kept::All, heard: None });
            text
        });
        self.graph.insert(text, receiver);
        self.graph.insert(dst, Value::object(array, Lifetime::Fresh));
    }

    /// A call on the pieces of a text that gives one of them, or what they are joined to; whether it was one.
    pub(super) fn call_on_pieces(&mut self, call: &NativeCall, array: ObjectId, name: &str) -> bool {
        let Some(&split) = self.waiting.splits.iter().find(|split| split.array == array) else { return false };
        let bound = |solver: &Self, index| call.arg(index).and_then(|node| solver.only_text(node));
        let making = match (name, bound(self, 0).as_deref(), bound(self, 1).as_deref()) {
            ("pop", ..) | ("at", Some("-1"), _) if split.kept == Kept::All => Making::LastPiece,
            ("shift", ..) => Making::FirstPiece,
            ("join", ..) if split.kept == Kept::ButLast => Making::AllButLastPiece,
            ("slice", Some("0"), Some("-1")) if split.kept == Kept::All => {
                let array = self.made(call.caller, call.call, PIECES, ObjectKind::Array);
                if !self.waiting.splits.iter().any(|split| split.array == array) {
                    self.waiting.splits.push(Split { array, kept: Kept::ButLast, heard: None, ..split });
                }
                self.give(call, Value::object(array, Lifetime::Fresh));
                return true;
            }
            _ => return false,
        };
        if let Some(dst) = call.dst {
            let parts = [split.text, split.separator].map(|node| Arg { node, is_spread: false });
            self.waiting.joins.push(Join::new(making, parts, dst));
        }
        true
    }

    fn only_text(&self, node: NodeId) -> Option<String> {
        let mut values = self.graph.set(node).iter();
        let (Some(only), None) = (values.next(), values.next()) else { return None };
        let ValueKind::String(id) = only.kind() else { return None };
        self.strings.text(id).map(ToOwned::to_owned)
    }

    /// Fills the arrays whose texts are known.
    pub(super) fn make_splits(&mut self) -> bool {
        let mut changed = false;
        for index in 0..self.waiting.splits.len() {
            let split = self.waiting.splits[index];
            let heard = self.graph.set(split.text).len() + self.graph.set(split.separator).len();
            if split.heard == Some(heard) || self.graph.set(split.separator).is_empty() {
                continue;
            }
            self.waiting.splits[index].heard = Some(heard);
            let (texts, _) = self.text_values(Arg { node: split.text, is_spread: false });
            let (separators, _) = self.text_values(Arg { node: split.separator, is_spread: false });
            for text in &texts {
                for separator in &separators {
                    changed |= self.fill_pieces(&split, text, whole(separator));
                }
            }
        }
        changed
    }

    fn fill_pieces(&mut self, split: &Split, text: &Text, separator: Option<&str>) -> bool {
        let element = self.field(split.array, Field::ELEMENT);
        let Some(mut pieces) = separator.and_then(|separator| pieces(text, separator)) else {
            return self.graph.insert(element, Value::data(Data::Known(DataKind::Finite)));
        };
        let mut changed = false;
        if whole(text).is_none() {
            // What is not known may hold separators itself.
            changed |= self.graph.insert(element, Value::data(Data::Known(DataKind::Finite)));
        }
        if split.kept == Kept::ButLast && pieces.len() > 1 {
            pieces.pop();
        }
        for (place, piece) in pieces.into_iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let field = if place < Field::TUPLE { Field::index(place) } else { Field::ELEMENT };
            let node = self.field(split.array, field);
            let id = self.strings.pattern(piece);
            changed |= self.graph.insert(node, Value::string(id));
        }
        changed
    }
}

/// The pieces of a text; none if there are too many, or what they are parted by is not plain text.
fn pieces(text: &[PatternPart], separator: &str) -> Option<Vec<Text>> {
    let mut pieces: Vec<Text> = vec![Vec::new()];
    for part in text {
        let PatternPart::Text(known) = part else {
            pieces.last_mut()?.push(part.clone());
            continue;
        };
        let names: Vec<String> = if separator.is_empty() {
            known.chars().map(String::from).collect()
        } else {
            known.split(separator).map(ToOwned::to_owned).collect()
        };
        for (at, name) in names.into_iter().enumerate() {
            if at > 0 {
                pieces.push(Vec::new());
            }
            pieces.last_mut()?.push(PatternPart::Text(name));
        }
        if pieces.len() > MOST {
            return None;
        }
    }
    Some(pieces)
}

/// What a call on the pieces of a text gives.
pub(super) fn piece(text: &Text, separator: Option<&str>, making: Making) -> Text {
    let pieces = separator.and_then(|separator| Some((separator, pieces(text, separator)?)));
    let Some((separator, mut pieces)) = pieces else { return vec![PatternPart::Hole] };
    let is_known = whole(text).is_some();
    match making {
        Making::FirstPiece => pieces.swap_remove(0),
        // The end of a name that is not known is not known, but for a slash, which is in no name.
        Making::LastPiece => match pieces.pop() {
            Some(last) if is_known || separator == "/" || last.iter().all(is_text) => last,
            _ => vec![PatternPart::Hole],
        },
        _ => {
            if pieces.len() > 1 && (is_known || pieces.last().is_some_and(|last| last.iter().all(is_text))) {
                pieces.pop();
            }
            let separator = [PatternPart::Text(separator.to_owned())];
            pieces.join(&separator[..])
        }
    }
}

fn is_text(part: &PatternPart) -> bool {
    matches!(part, PatternPart::Text(_))
}

#[cfg(test)]
mod tests {
    use super::piece;
    use crate::heap::strings::display;
    use crate::heap::texts::Making;
    use crate::modules::PatternPart;

    #[test]
    fn pieces_of_patterns() {
        let path = vec![PatternPart::Text("/app/d/".into()), PatternPart::Entry];
        let shown = |making, separator| display(&piece(&path, Some(separator), making));
        assert_eq!(shown(Making::LastPiece, "/"), "<file>");
        assert_eq!(shown(Making::LastPiece, "."), "*");
        assert_eq!(shown(Making::AllButLastPiece, "."), "/app/d/<file>");
        assert_eq!(shown(Making::AllButLastPiece, "/"), "/app/d/<file>");
        let name = vec![PatternPart::Text("a.test.js".into())];
        assert_eq!(display(&piece(&name, Some("."), Making::FirstPiece)), "a");
        assert_eq!(display(&piece(&name, Some("."), Making::AllButLastPiece)), "a.test");
    }
}
