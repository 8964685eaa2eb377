//! What declared types say of values.

use crate::syntax::facts::{BindingId, FunctionId, NameId, ValueId};

/// A declared type that says something about a value.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct TypeFact {
    /// The function whose node it is.
    pub function: FunctionId,
    /// A parameter's or variable's node; for a field, a load of it in the constructor (`this.x`).
    pub value: ValueId,
    /// The type.
    pub ty: TypeRef,
}

/// The types that matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum TypeRef {
    /// A class, interface or enum of this file or an import, by its binding (also type-only imports).
    Binding(BindingId),
    /// An interface or type alias of this file, by its name.
    Name(NameId),
    /// A member of an imported namespace: `express.Request`.
    Member(BindingId, NameId),
    /// `'a' | 'b'`, `keyof typeof x`, `boolean`, an enum of this file.
    Finite,
    /// `X[]`, `Array<X>`, `ReadonlyArray<X>`.
    Array,
    /// `Map<…>`.
    Map,
    /// `Set<…>`.
    Set,
    /// `Record<…>`, `{[key: string]: X}`.
    Record,
    /// `Record<'a' | 'b', X>`, `Map<Kind, X>` and their like: the keys are of a fixed set.
    FiniteKeys,
    /// The same with keys of an imported type, by its binding.
    KeysOf(BindingId),
    /// `{kind: 'a' | 'b'}`: a property is of a fixed set.
    FiniteMember(NameId),
    /// A property is of an imported type.
    MemberOf(NameId, BindingId),
}

/// A type that stands for a fixed set, or a property of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct FiniteType {
    /// The type's name.
    pub ty: NameId,
    /// The property; none: the type itself.
    pub member: Option<NameId>,
    /// The imported type that it is of; then whether it is a fixed set is that type's business.
    pub of: Option<NameId>,
}
