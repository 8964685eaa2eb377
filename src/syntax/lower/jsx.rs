//! JSX: an element of a component is a call with the object of its props; of a tag, only what it evaluates.

use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    JSXAttr, JSXAttrName, JSXAttrOrSpread, JSXAttrValue, JSXElement, JSXElementChild, JSXElementName, JSXExpr,
    JSXFragment, JSXMemberExpr, JSXObject,
};

use super::functions::Naming;
use super::{Lowerer, range};
use crate::syntax::facts::{Argument, CallKind, Callee, Constraint, Key, Run, SiteKind, ValueId};

impl<'a> Lowerer<'a> {
    pub(super) fn jsx_element(&mut self, element: &'a JSXElement) -> Option<ValueId> {
        self.shape(68);
        let component = self.component(&element.opening.name);
        let props = component.map(|_| self.alloc(SiteKind::Object, range(element.opening.span)));
        for attribute in &element.opening.attrs {
            match attribute {
                JSXAttrOrSpread::SpreadElement(spread) => {
                    if let (Some(src), Some(dst)) = (self.expr(&spread.expr), props) {
                        self.emit(Constraint::CopyAll { dst, src, except: Run::default() });
                    }
                }
                JSXAttrOrSpread::JSXAttr(attribute) => self.attribute(attribute, props),
            }
        }
        let children = self.children(&element.children, element.span);
        if let (Some(base), Some(src)) = (props, children) {
            let key = Key::Name(self.name_of("children"));
            self.emit(Constraint::Store { base, key, src });
        }
        let (callee, props) = (component?, props?);
        let arguments = [Argument { value: props, is_spread: false }];
        let place = range(element.opening.span);
        Some(self.emit_call(callee, &arguments, CallKind::Jsx, range(element.span), place))
    }

    pub(super) fn jsx_fragment(&mut self, fragment: &'a JSXFragment) -> Option<ValueId> {
        self.shape(69);
        self.children(&fragment.children, fragment.span)
    }

    /// What is called for an element whose name is a component's.
    fn component(&mut self, name: &'a JSXElementName) -> Option<Callee> {
        match name {
            JSXElementName::Ident(ident) => {
                let is_tag = ident.sym.starts_with(|first: char| first.is_ascii_lowercase());
                if is_tag || ident.sym.contains('-') {
                    return None;
                }
                self.read(ident).map(Callee::Value)
            }
            JSXElementName::JSXMemberExpr(member) => {
                let base = self.jsx_object(&member.obj)?;
                let key = Key::Name(self.name(&member.prop.sym));
                Some(Callee::Method { base, key })
            }
            JSXElementName::JSXNamespacedName(_) => None,
        }
    }

    fn jsx_object(&mut self, object: &'a JSXObject) -> Option<ValueId> {
        match object {
            JSXObject::Ident(ident) if ident.sym == "this" => Some(self.this(ident.span)),
            JSXObject::Ident(ident) => self.read(ident),
            JSXObject::JSXMemberExpr(member) => self.jsx_member(member),
        }
    }

    fn jsx_member(&mut self, member: &'a JSXMemberExpr) -> Option<ValueId> {
        let base = self.jsx_object(&member.obj)?;
        let key = Key::Name(self.name(&member.prop.sym));
        let dst = self.node_at(range(member.span));
        self.emit(Constraint::Load { dst, base, key });
        Some(dst)
    }

    fn attribute(&mut self, attribute: &'a JSXAttr, props: Option<ValueId>) {
        self.shape(60);
        let naming = match &attribute.name {
            JSXAttrName::Ident(name) => Some(Naming { name: self.name(&name.sym), head: range(name.span) }),
            JSXAttrName::JSXNamespacedName(_) => None,
        };
        let value = match &attribute.value {
            None => None,
            Some(JSXAttrValue::Str(text)) => {
                let name = self.wtf8_name(&text.value);
                Some(self.string(text.span, name))
            }
            Some(JSXAttrValue::JSXExprContainer(container)) => match &container.expr {
                JSXExpr::Expr(e) => self.expr_named(e, naming),
                JSXExpr::JSXEmptyExpr(_) => None,
            },
            Some(JSXAttrValue::JSXElement(element)) => self.jsx_element(element),
            Some(JSXAttrValue::JSXFragment(fragment)) => self.jsx_fragment(fragment),
        };
        if let (Some(base), Some(src), Some(naming)) = (props, value, naming) {
            self.emit(Constraint::Store { base, key: Key::Name(naming.name), src });
        }
    }

    /// The children as one value: the only one, or an array.
    fn children(&mut self, children: &'a [JSXElementChild], span: Span) -> Option<ValueId> {
        let mut values = Vec::new();
        for child in children {
            let value = match child {
                JSXElementChild::JSXText(_) => None,
                JSXElementChild::JSXExprContainer(container) => match &container.expr {
                    JSXExpr::Expr(e) => self.expr(e),
                    JSXExpr::JSXEmptyExpr(_) => None,
                },
                JSXElementChild::JSXSpreadChild(spread) => self.expr(&spread.expr),
                JSXElementChild::JSXElement(element) => self.jsx_element(element),
                JSXElementChild::JSXFragment(fragment) => self.jsx_fragment(fragment),
            };
            values.extend(value);
        }
        match values[..] {
            [] => None,
            [one] => Some(one),
            _ => {
                let base = self.alloc(SiteKind::Array, range(span.span()));
                for src in values {
                    self.emit(Constraint::Store { base, key: Key::Element, src });
                }
                Some(base)
            }
        }
    }
}
