//! Literals: strings, numbers, arrays, objects, and the names that they give to functions.

use smallvec::SmallVec;
use swc_atoms::Wtf8Atom;
use swc_common::Spanned;
use swc_ecma_ast::{ArrayLit, Expr, Lit, ObjectLit, Prop, PropName, PropOrSpread, Tpl, TplElement};

use super::expressions::transparent;
use super::functions::{FunctionSource, Naming};
use super::{Lowerer, range};
use crate::syntax::facts::{
    AccessorKind, Constant, Constraint, FunctionForm, Key, NameId, Origin, Place, Run, SiteKind, ValueId,
};

impl<'a> Lowerer<'a> {
    pub(super) fn literal(&mut self, lit: &'a Lit) -> Option<ValueId> {
        self.shape(LITERAL);
        match lit {
            Lit::Str(text) => {
                let name = self.wtf8_name(&text.value);
                Some(self.string(text.span, name))
            }
            Lit::Num(number) => {
                let name = self.name_of(&number_text(number.value));
                Some(self.string(number.span, name))
            }
            Lit::Bool(lit) => Some(self.origin(lit.span, origin_of(lit.value))),
            Lit::Regex(regex) => {
                let dst = self.node_at(range(regex.span));
                let site = self.alloc_into(dst, SiteKind::RegExp, range(regex.span));
                self.facts.regexes.push((site, super::name_tests::regex_source(&regex.exp, &regex.flags)));
                Some(dst)
            }
            Lit::Null(_) | Lit::BigInt(_) | Lit::JSXText(_) => None,
        }
    }

    pub(super) fn wtf8_name(&mut self, text: &Wtf8Atom) -> NameId {
        let atom = text.to_atom_lossy();
        self.name(&atom)
    }

    /// The text of a template without holes.
    pub(super) fn template_text(&mut self, tpl: &Tpl) -> NameId {
        match tpl.quasis.first() {
            Some(quasi) => self.quasi_text(quasi),
            None => self.name_of(""),
        }
    }

    pub(super) fn quasi_text(&mut self, quasi: &TplElement) -> NameId {
        match &quasi.cooked {
            Some(text) => self.wtf8_name(text),
            None => self.name(&quasi.raw),
        }
    }

    /// A number as a key: an index, if it is one.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::float_cmp,
        reason = "the cast saturates, and only whole numbers that survive it are taken"
    )]
    pub(super) fn number_key(&mut self, value: f64) -> Key {
        let index = value as u32;
        if f64::from(index) == value { Key::Index(index) } else { Key::Name(self.name_of(&number_text(value))) }
    }

    pub(super) fn array(&mut self, array: &'a ArrayLit) -> ValueId {
        self.shape(13);
        let dst = self.alloc(SiteKind::Array, range(array.span));
        let mut spread_before = false;
        for (index, element) in array.elems.iter().enumerate() {
            let Some(element) = element else { continue };
            let key = match u32::try_from(index) {
                Ok(index) if !spread_before => Key::Index(index),
                _ => Key::Element,
            };
            if element.spread.is_none() && self.initialize_constant(dst, key, &element.expr) {
                continue;
            }
            let value = self.expr(&element.expr);
            if element.spread.is_some() {
                spread_before = true;
                if let Some(src) = value {
                    self.emit(Constraint::SpreadInto { dst, src });
                }
                continue;
            }
            let Some(src) = value else { continue };
            self.emit(Constraint::Init { base: dst, key, src });
        }
        dst
    }

    pub(super) fn object(&mut self, object: &'a ObjectLit) -> ValueId {
        self.shape(14);
        let dst = self.alloc(SiteKind::Object, range(object.span));
        for (index, prop) in object.props.iter().enumerate() {
            match prop {
                PropOrSpread::Spread(spread) => {
                    self.shape(15);
                    if let Some(src) = self.expr(&spread.expr) {
                        let except = self.overridden(&object.props[index + 1..]);
                        self.emit(Constraint::CopyAll { dst, src, except });
                    }
                }
                PropOrSpread::Prop(prop) => self.property(dst, prop),
            }
        }
        dst
    }

    /// The names that follow a spread, which replace what it brings: `{...defaults, rows: []}`.
    fn overridden(&mut self, after: &[PropOrSpread]) -> Run {
        let mut names: SmallVec<[NameId; 8]> = SmallVec::new();
        for prop in after {
            let PropOrSpread::Prop(prop) = prop else { continue };
            match &**prop {
                Prop::Shorthand(ident) => names.push(self.name(&ident.sym)),
                Prop::KeyValue(pair) => names.extend(self.constant_name(&pair.key)),
                Prop::Method(method) => names.extend(self.constant_name(&method.key)),
                Prop::Assign(_) | Prop::Getter(_) | Prop::Setter(_) => {}
            }
        }
        self.name_list(&names)
    }

    fn constant_name(&mut self, key: &PropName) -> Option<NameId> {
        match key {
            PropName::Ident(ident) => Some(self.name(&ident.sym)),
            PropName::Str(text) => Some(self.wtf8_name(&text.value)),
            PropName::Num(_) | PropName::Computed(_) | PropName::BigInt(_) => None,
        }
    }

    fn property(&mut self, base: ValueId, prop: &'a Prop) {
        self.shape(60);
        match prop {
            Prop::Shorthand(ident) => {
                self.shape(2);
                let key = Key::Name(self.name(&ident.sym));
                self.shape_key(key);
                if let Some(src) = self.read(ident) {
                    self.initialize(base, key, src);
                }
            }
            Prop::KeyValue(pair) => {
                let key = self.prop_key(&pair.key);
                let naming = naming_of_key(key, &pair.key);
                if self.initialize_constant(base, key, &pair.value) {
                    return;
                }
                match self.expr_named(&pair.value, naming) {
                    Some(src) => self.initialize(base, key, src),
                    None => self.flow(Place::Property { base, key }, None),
                }
            }
            Prop::Assign(assign) => {
                self.expr(&assign.value);
            }
            Prop::Getter(getter) => {
                self.accessor(base, &getter.key, FunctionForm::Getter, &getter.function);
            }
            Prop::Setter(setter) => {
                self.accessor(base, &setter.key, FunctionForm::Setter, &setter.function);
            }
            Prop::Method(method) => {
                let key = self.prop_key(&method.key);
                let naming = naming_of_key(key, &method.key);
                let source = FunctionSource::of(&method.function, FunctionForm::Method);
                let src = self.closure(source, naming);
                self.initialize(base, key, src);
            }
        }
    }

    /// A literal gets a property. Those under keys that are not known, and its prototype, are stored as any.
    fn initialize(&mut self, base: ValueId, key: Key, src: ValueId) {
        let is_plain = self.is_plain(key);
        self.emit(if is_plain { Constraint::Init { base, key, src } } else { Constraint::Store { base, key, src } });
    }

    /// The same, if the value is a constant; whether it was.
    fn initialize_constant(&mut self, base: ValueId, key: Key, value: &'a Expr) -> bool {
        let Expr::Lit(lit) = value else { return false };
        if !self.is_plain(key) {
            return false;
        }
        let value = match lit {
            Lit::Str(text) => Constant::Text(self.wtf8_name(&text.value)),
            Lit::Num(number) => Constant::Text(self.name_of(&number_text(number.value))),
            Lit::Bool(lit) => Constant::Origin(origin_of(lit.value)),
            Lit::Regex(_) | Lit::Null(_) | Lit::BigInt(_) | Lit::JSXText(_) => return false,
        };
        self.shape(LITERAL);
        self.emit(Constraint::InitConstant { base, key, value });
        true
    }

    fn is_plain(&self, key: Key) -> bool {
        match key {
            Key::Computed(_) => false,
            Key::Name(name) => self.facts.name(name) != "__proto__",
            Key::Index(_) | Key::Element => true,
        }
    }

    fn accessor(
        &mut self,
        base: ValueId,
        name: &'a PropName,
        form: FunctionForm,
        function: &'a swc_ecma_ast::Function,
    ) {
        let key = self.prop_key(name);
        let naming = naming_of_key(key, name);
        let src = self.closure(FunctionSource::of(function, form), naming);
        let kind = if form == FunctionForm::Setter { AccessorKind::Setter } else { AccessorKind::Getter };
        self.emit(Constraint::Accessor { base, key, kind, src });
    }

    /// The key of a literal's, pattern's or class's property.
    pub(super) fn prop_key(&mut self, name: &'a PropName) -> Key {
        let key = match name {
            PropName::Ident(ident) => Key::Name(self.name(&ident.sym)),
            PropName::Str(text) => Key::Name(self.wtf8_name(&text.value)),
            PropName::Num(number) => self.number_key(number.value),
            PropName::Computed(computed) => self.computed_key(&computed.expr),
            PropName::BigInt(big) => Key::Name(self.name_of(&big.value.to_string())),
        };
        self.shape_key(key);
        key
    }

    /// The value of an expression that gets a name if it is a function or class without one.
    pub(super) fn expr_named(&mut self, e: &'a Expr, naming: Option<Naming>) -> Option<ValueId> {
        match transparent(e) {
            inner @ (Expr::Fn(_) | Expr::Arrow(_) | Expr::Class(_)) => Some(self.named(inner, naming)),
            _ => self.expr(e),
        }
    }

    /// Names of a pattern's keys, for what a rest element leaves out.
    pub(super) fn constant_keys(&mut self, keys: &[Key]) -> Run {
        let mut names: SmallVec<[NameId; 8]> = SmallVec::new();
        for key in keys {
            match *key {
                Key::Name(name) => names.push(name),
                Key::Index(index) => names.push(self.name_of(&index.to_string())),
                Key::Computed(_) | Key::Element => {}
            }
        }
        self.name_list(&names)
    }
}

/// The kind of a literal in shapes.
const LITERAL: u32 = 9;

fn origin_of(is_true: bool) -> Origin {
    if is_true { Origin::True } else { Origin::Finite }
}

/// The name that a property gives to a function.
fn naming_of_key(key: Key, name: &PropName) -> Option<Naming> {
    match key {
        Key::Name(id) => Some(Naming { name: id, head: range(name.span()) }),
        _ => None,
    }
}

/// A number as JavaScript prints it, for the numbers that occur as keys.
fn number_text(value: f64) -> String {
    value.to_string()
}
