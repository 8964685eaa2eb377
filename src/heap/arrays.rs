//! Transfer functions of arrays: callbacks, growth, removal, copies, iterators.

use smallvec::SmallVec;

use crate::heap::builtins::NativeCall;
use crate::heap::calls::edge_through;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Value};
use crate::heap::record::NativeEffect;
use crate::heap::solver::{Arg, Listener, Solver};
use crate::heap::texts::{Join, Making};
use crate::models::facts::{DataKind, Position};
use crate::modules::PatternPart;

impl Solver<'_> {
    pub(super) fn call_array(&mut self, call: &NativeCall, this: Value, array: ObjectId, name: &str) {
        if self.call_on_pieces(call, array, name) {
            return;
        }
        let through = edge_through(this);
        if let "unshift" | "shift" | "splice" | "sort" | "reverse" = name {
            self.move_elements(array);
        }
        match name {
            "push" | "unshift" => self.append(call, this, array, 0),
            "splice" | "toSpliced" => {
                let element = self.give_array(call);
                let all = self.all_elements(array);
                self.graph.add_edge(all, element, through);
                if name == "toSpliced" {
                    self.add_values(call, 2, element);
                } else if call.args.len() > 2 || call.has_spread() {
                    self.splice_in(call, this, array);
                } else {
                    self.note(call, this, NativeEffect::TakeMany, None, SmallVec::new());
                }
            }
            "pop" | "shift" => {
                self.note(call, this, NativeEffect::TakeOne, None, SmallVec::new());
                self.give_elements(call, array, through);
            }
            "sort" | "reverse" | "fill" | "copyWithin" => {
                self.note(call, this, NativeEffect::Rearrange, None, SmallVec::new());
                self.give(call, this);
                if name == "sort" {
                    let element = self.elements_through(array, through);
                    self.call_back(call, call.arg(0), &[element, element], None, Position::Sync);
                } else if name == "fill"
                    && let Some(value) = call.arg(0)
                {
                    let element = self.field(array, Field::ELEMENT);
                    self.graph.add_edge(value, element, EdgeKind::Copy);
                }
            }
            "at" => self.give_elements(call, array, through),
            "slice" | "concat" | "flat" | "toSorted" | "toReversed" | "with" | "subarray" => {
                self.copy_elements(call, array, through, name);
            }
            "keys" | "values" | "entries" => self.array_iterator(call, array, through, name),
            "indexOf" | "lastIndexOf" | "includes" => self.give_finite(call),
            "join" | "toString" | "set" => {
                let all = self.all_elements(array);
                if let Some(dst) = call.dst {
                    self.graph.add_edge(all, dst, EdgeKind::Derive);
                }
                self.derive_all(call);
                if name == "join" {
                    self.join_elements(call, this);
                }
            }
            _ => self.call_array_callback(call, this, array, name),
        }
    }

    /// `['a', 'b'].join('/')`.
    fn join_elements(&mut self, call: &NativeCall, this: Value) {
        let Some(dst) = call.dst else { return };
        let whole = self.fresh_node();
        self.graph.insert(whole, this);
        let separator = call.arg(0).unwrap_or_else(|| {
            let (node, comma) = (self.fresh_node(), self.strings.constant(","));
            self.graph.insert(node, Value::string(comma));
            node
        });
        let parts = [Arg { node: separator, is_spread: false }, Arg { node: whole, is_spread: true }];
        self.waiting.joins.push(Join::new(Making::Separated, parts, dst));
    }

    /// Elements that move from place to place may be at any.
    fn move_elements(&mut self, array: ObjectId) {
        let (all, element) = (self.all_elements(array), self.field(array, Field::ELEMENT));
        self.graph.add_edge(all, element, EdgeKind::Copy);
    }

    pub(super) fn call_array_callback(&mut self, call: &NativeCall, this: Value, array: ObjectId, name: &str) {
        let through = edge_through(this);
        let element = self.elements_through(array, through);
        let (index, whole) = (self.fresh_node(), self.fresh_node());
        self.insert_data(index, DataKind::Finite);
        self.graph.insert(whole, this);
        let callback = call.arg(0);
        match name {
            "map" | "flatMap" => {
                let result = self.give_array(call);
                let returned = self.fresh_node();
                if name == "flatMap" {
                    self.listen(returned, Listener::Flatten { dst: result });
                }
                let dst = if name == "map" { result } else { returned };
                self.call_back_this(call, callback, &[element, index, whole], Some(dst));
            }
            "filter" => {
                let result = self.give_array(call);
                match self.name_filter(call) {
                    Some(test) => {
                        let tail = self.strings.pattern(vec![PatternPart::Where(test)]);
                        self.listen(element, Listener::Filtered { dst: result, tail });
                    }
                    None => self.graph.add_edge(element, result, EdgeKind::Copy),
                }
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
            "find" | "findLast" => {
                if let Some(dst) = call.dst {
                    self.graph.add_edge(element, dst, EdgeKind::Copy);
                }
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
            "reduce" | "reduceRight" => {
                let accumulator = self.fresh_node();
                let first = call.arg(1).unwrap_or(element);
                self.graph.add_edge(first, accumulator, EdgeKind::Copy);
                if let Some(dst) = call.dst {
                    self.graph.add_edge(accumulator, dst, EdgeKind::Copy);
                }
                self.call_back(
                    call,
                    callback,
                    &[accumulator, element, index, whole],
                    Some(accumulator),
                    Position::Sync,
                );
            }
            _ => {
                if let Some(dst) = call.dst {
                    self.insert_data(dst, DataKind::Finite);
                }
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
        }
    }

    pub(super) fn append(&mut self, call: &NativeCall, this: Value, array: ObjectId, from: usize) {
        let element = self.field(array, Field::ELEMENT);
        self.add_values(call, from, element);
        self.note(call, this, NativeEffect::Append, None, call.values(from));
        if let Some(dst) = call.dst
            && from == 0
        {
            self.insert_data(dst, DataKind::Counter);
        }
    }

    /// Arguments from `from` on flow into `element`.
    pub(super) fn add_values(&mut self, call: &NativeCall, from: usize, element: NodeId) {
        for arg in call.args.iter().skip(from) {
            if arg.is_spread {
                self.listen(arg.node, Listener::Iterate { dst: element, index: None });
            } else {
                self.graph.add_edge(arg.node, element, EdgeKind::Copy);
            }
        }
    }

    pub(super) fn give_elements(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind) {
        if let Some(dst) = call.dst {
            let all = self.all_elements(array);
            self.graph.add_edge(all, dst, through);
        }
    }

    /// A node with the elements as they are read through the receiver.
    pub(super) fn elements_through(&mut self, array: ObjectId, through: EdgeKind) -> NodeId {
        let all = self.all_elements(array);
        if through == EdgeKind::Copy {
            return all;
        }
        let node = self.fresh_node();
        self.graph.add_edge(all, node, through);
        node
    }

    pub(super) fn copy_elements(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind, name: &str) {
        let element = self.give_array(call);
        let all = self.all_elements(array);
        if name == "flat" {
            let inner = self.fresh_node();
            self.graph.add_edge(all, inner, through);
            self.listen(inner, Listener::Flatten { dst: element });
        }
        self.graph.add_edge(all, element, through);
        if name == "concat" {
            for arg in &call.args {
                self.listen(arg.node, Listener::Flatten { dst: element });
                self.graph.add_edge(arg.node, element, EdgeKind::Derive);
            }
        } else if name == "with"
            && let Some(value) = call.arg(1)
        {
            self.graph.add_edge(value, element, EdgeKind::Copy);
        } else if name == "toSorted" {
            let elements = self.elements_through(array, through);
            self.call_back(call, call.arg(0), &[elements, elements], None, Position::Sync);
        }
    }

    pub(super) fn array_iterator(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind, name: &str) {
        let iterator = self.made(call.caller, call.call, 0, ObjectKind::Iterator);
        self.give(call, Value::object(iterator, Lifetime::Fresh));
        let element = self.field(iterator, Field::ELEMENT);
        let all = self.all_elements(array);
        match name {
            "keys" => self.insert_data(element, DataKind::Finite),
            "values" => self.graph.add_edge(all, element, through),
            _ => {
                let entry = self.made(call.caller, call.call, 1, ObjectKind::Array);
                let (key, value) = (self.field(entry, Field::index(0)), self.field(entry, Field::index(1)));
                self.insert_data(key, DataKind::Finite);
                self.graph.add_edge(all, value, through);
                self.graph.insert(element, Value::object(entry, Lifetime::Fresh));
            }
        }
    }

    pub(super) fn array_from(&mut self, call: &NativeCall, name: &str) {
        let element = self.give_array(call);
        if name == "of" {
            self.add_values(call, 0, element);
            return;
        }
        let Some(source) = call.arg(0) else { return };
        match call.arg(1) {
            Some(callback) => {
                let (item, index) = (self.fresh_node(), self.fresh_node());
                self.insert_data(index, DataKind::Finite);
                self.listen(source, Listener::Iterate { dst: item, index: None });
                self.call_back(call, Some(callback), &[item, index], Some(element), Position::Sync);
            }
            None => self.listen(source, Listener::Iterate { dst: element, index: None }),
        }
    }
}
