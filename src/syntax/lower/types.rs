//! Type annotations that say something about a value.

use swc_atoms::Atom;
use swc_common::Span;
use swc_ecma_ast::{
    Decl, Expr, NewExpr, Pat, TsEntityName, TsKeywordTypeKind, TsLit, TsType, TsTypeAnn, TsTypeElement,
    TsTypeOperatorOp, TsTypeRef, TsUnionOrIntersectionType,
};

use super::{Lowerer, range};
use crate::syntax::facts::{Constraint, FiniteType, Key, NameId, TypeFact, TypeRef, ValueId};

/// How deep a type is looked into.
const DEEPEST: u32 = 16;

impl<'a> Lowerer<'a> {
    /// Notes which types of a declaration list stand for fixed sets.
    pub(super) fn note_types(&mut self, decls: impl Iterator<Item = &'a Decl>) {
        for decl in decls {
            match decl {
                Decl::TsTypeAlias(alias) if self.type_ref(&alias.type_ann, 0) == Some(TypeRef::Finite) => {
                    let name = self.name(&alias.id.sym);
                    self.finite_types.insert(name);
                    self.facts.finite_types.push(FiniteType { ty: name, member: None, of: None });
                }
                Decl::TsTypeAlias(alias) => {
                    if let TsType::TsTypeLit(literal) = &*alias.type_ann {
                        self.note_members(&alias.id.sym, &literal.members);
                    }
                }
                Decl::TsInterface(interface) => self.note_members(&interface.id.sym, &interface.body.body),
                Decl::TsEnum(decl) => {
                    let binding = self.resolve(&decl.id);
                    self.enums.extend(binding);
                    let name = self.name(&decl.id.sym);
                    self.facts.finite_types.push(FiniteType { ty: name, member: None, of: None });
                }
                _ => {}
            }
        }
    }

    /// Notes which properties of an interface are of a fixed set.
    fn note_members(&mut self, ty: &Atom, members: &[TsTypeElement]) {
        let ty = self.name(ty);
        for (member, found) in self.typed_members(members) {
            let of = match found {
                TypeRef::Binding(binding) => Some(self.facts.bindings[binding].name),
                _ => None,
            };
            self.facts.finite_types.push(FiniteType { ty, member: Some(member), of });
        }
    }

    /// The properties that are, or may be, of a fixed set.
    fn typed_members(&mut self, members: &[TsTypeElement]) -> Vec<(NameId, TypeRef)> {
        let mut typed = Vec::new();
        for member in members {
            if let TsTypeElement::TsPropertySignature(property) = member
                && let (Expr::Ident(name), Some(annotation)) = (&*property.key, &property.type_ann)
                && let Some(ty @ (TypeRef::Finite | TypeRef::Binding(_))) = self.type_ref(&annotation.type_ann, 0)
            {
                typed.push((self.name(&name.sym), ty));
            }
        }
        typed
    }

    /// `new Map<Kind, X>()` says what its keys are.
    pub(super) fn note_type_arguments(&mut self, value: ValueId, new: &NewExpr) {
        let (Expr::Ident(callee), Some(arguments)) = (&*new.callee, &new.type_args) else { return };
        let is_keyed = matches!(&*callee.sym, "Map" | "Set" | "WeakMap");
        let Some(key) = arguments.params.first().filter(|_| is_keyed) else { return };
        let ty = match self.type_ref(key, 0) {
            Some(TypeRef::Finite) => TypeRef::FiniteKeys,
            Some(TypeRef::Binding(binding)) => TypeRef::KeysOf(binding),
            _ => return,
        };
        self.facts.types.push(TypeFact { function: self.frame.id, value, ty });
    }

    pub(super) fn note_type(&mut self, value: ValueId, annotation: &TsTypeAnn) {
        let function = self.frame.id;
        if let Some(ty) = self.type_ref(&annotation.type_ann, 0) {
            self.facts.types.push(TypeFact { function, value, ty });
        } else if let TsType::TsTypeLit(literal) = &*annotation.type_ann {
            for (member, ty) in self.typed_members(&literal.members) {
                let ty = match ty {
                    TypeRef::Binding(binding) => TypeRef::MemberOf(member, binding),
                    _ => TypeRef::FiniteMember(member),
                };
                self.facts.types.push(TypeFact { function, value, ty });
            }
        }
    }

    pub(super) fn note_pattern_type(&mut self, pattern: &Pat, value: ValueId) {
        let annotation = match pattern {
            Pat::Ident(ident) => &ident.type_ann,
            Pat::Array(array) => &array.type_ann,
            Pat::Object(object) => &object.type_ann,
            Pat::Rest(rest) => &rest.type_ann,
            _ => return,
        };
        if let Some(annotation) = annotation {
            self.note_type(value, annotation);
        }
    }

    /// A field's type is that of a load of it.
    pub(super) fn note_field_type(&mut self, base: ValueId, key: Key, annotation: &TsTypeAnn, span: Span) {
        if let Some(ty) = self.type_ref(&annotation.type_ann, 0) {
            let dst = self.node_at(range(span));
            self.emit(Constraint::Load { dst, base, key });
            self.facts.types.push(TypeFact { function: self.frame.id, value: dst, ty });
        }
    }

    fn type_ref(&mut self, ty: &TsType, depth: u32) -> Option<TypeRef> {
        if depth > DEEPEST {
            return None;
        }
        match ty {
            TsType::TsKeywordType(keyword) if keyword.kind == TsKeywordTypeKind::TsBooleanKeyword => {
                Some(TypeRef::Finite)
            }
            TsType::TsLitType(lit) => match &lit.lit {
                TsLit::Tpl(tpl) if !tpl.types.is_empty() => None,
                _ => Some(TypeRef::Finite),
            },
            TsType::TsParenthesizedType(inner) => self.type_ref(&inner.type_ann, depth + 1),
            TsType::TsOptionalType(inner) => self.type_ref(&inner.type_ann, depth + 1),
            TsType::TsTypeOperator(operator) => match operator.op {
                TsTypeOperatorOp::KeyOf => {
                    let is_query = matches!(&*operator.type_ann, TsType::TsTypeQuery(_));
                    is_query.then_some(TypeRef::Finite)
                }
                TsTypeOperatorOp::ReadOnly => self.type_ref(&operator.type_ann, depth + 1),
                TsTypeOperatorOp::Unique => None,
            },
            TsType::TsArrayType(_) | TsType::TsTupleType(_) => Some(TypeRef::Array),
            TsType::TsMappedType(mapped) => {
                let keys = mapped.type_param.constraint.as_ref()?;
                match self.type_ref(keys, depth + 1) {
                    Some(TypeRef::Finite) => Some(TypeRef::FiniteKeys),
                    Some(TypeRef::Binding(binding)) => Some(TypeRef::KeysOf(binding)),
                    _ => Some(TypeRef::Record),
                }
            }
            TsType::TsTypeLit(literal) => {
                let is_record = literal.members.iter().any(|m| matches!(m, TsTypeElement::TsIndexSignature(_)));
                is_record.then_some(TypeRef::Record)
            }
            TsType::TsUnionOrIntersectionType(TsUnionOrIntersectionType::TsUnionType(union)) => {
                self.union(&union.types, depth)
            }
            TsType::TsTypeRef(reference) => self.named_type(reference, depth),
            _ => None,
        }
    }

    /// A union of fixed sets is one; `X | null` is X.
    fn union(&mut self, types: &[Box<TsType>], depth: u32) -> Option<TypeRef> {
        let mut found: Option<TypeRef> = None;
        for ty in types {
            if is_absent(ty) {
                continue;
            }
            let one = self.type_ref(ty, depth + 1)?;
            match found {
                None => found = Some(one),
                Some(before) if before == one => {}
                Some(_) => return None,
            }
        }
        found
    }

    fn named_type(&mut self, reference: &TsTypeRef, depth: u32) -> Option<TypeRef> {
        let arguments = reference.type_params.as_ref().map_or(&[][..], |params| &params.params);
        let ident = match &reference.type_name {
            TsEntityName::Ident(ident) => ident,
            TsEntityName::TsQualifiedName(qualified) => {
                let TsEntityName::Ident(left) = &qualified.left else { return None };
                let binding = self.resolve(left)?;
                // A member of an enum is one of its fixed set.
                if self.enums.contains(&binding) {
                    return Some(TypeRef::Finite);
                }
                let name = self.name(&qualified.right.sym);
                return Some(TypeRef::Member(binding, name));
            }
        };
        if let Some(binding) = self.resolve(ident) {
            let is_enum = self.enums.contains(&binding);
            return Some(if is_enum { TypeRef::Finite } else { TypeRef::Binding(binding) });
        }
        let keys = |this: &mut Self, otherwise| match arguments.first().map(|key| this.type_ref(key, depth + 1)) {
            Some(Some(TypeRef::Finite)) => TypeRef::FiniteKeys,
            Some(Some(TypeRef::Binding(binding))) => TypeRef::KeysOf(binding),
            _ => otherwise,
        };
        Some(match ident.sym.as_str() {
            "Array" | "ReadonlyArray" => TypeRef::Array,
            "Map" | "ReadonlyMap" => keys(self, TypeRef::Map),
            "Set" | "ReadonlySet" => keys(self, TypeRef::Set),
            "Record" => keys(self, TypeRef::Record),
            "Partial" | "Required" | "Readonly" => return self.type_ref(arguments.first()?, depth + 1),
            _ => {
                let name = self.name(&ident.sym);
                if self.finite_types.contains(&name) { TypeRef::Finite } else { TypeRef::Name(name) }
            }
        })
    }
}

fn is_absent(ty: &TsType) -> bool {
    matches!(ty, TsType::TsKeywordType(keyword)
        if matches!(keyword.kind, TsKeywordTypeKind::TsNullKeyword | TsKeywordTypeKind::TsUndefinedKeyword))
}
