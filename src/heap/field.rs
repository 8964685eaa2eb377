//! Fields of abstract objects.

use crate::base::name::Name;
use crate::heap::object::ObjectId;

/// A field: a property's name, an accessor, or one of the special fields that stand for elements, keys and values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Field(u32);

const TAG: u32 = 0xC000_0000;
const GETTER: u32 = 0x4000_0000;
const SETTER: u32 = 0x8000_0000;
const SPECIAL: u32 = 0xC000_0000;
/// Of special fields: the rest of the bits is a weak map.
const WEAK: u32 = 0x1000_0000;

/// A field, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldKind {
    /// A property.
    Name(Name),
    /// The getter of a property.
    Getter(Name),
    /// The setter of a property.
    Setter(Name),
    /// An element at a place of a tuple.
    Index(u32),
    /// One of the special fields.
    Special,
}

impl Field {
    /// Array elements, set members, iterators' values: any of them.
    pub const ELEMENT: Field = Field(SPECIAL | 0x10);
    /// Properties under computed keys that are not known.
    pub const UNKNOWN: Field = Field(SPECIAL | 0x11);
    /// The computed keys of an object, the keys of a map.
    pub const KEYS: Field = Field(SPECIAL | 0x12);
    /// The values of a map.
    pub const MAP_VALUE: Field = Field(SPECIAL | 0x13);
    /// What a promise gives.
    pub const PROMISED: Field = Field(SPECIAL | 0x14);
    /// All elements: `ELEMENT` and the places of the tuple.
    pub const ALL_ELEMENTS: Field = Field(SPECIAL | 0x15);
    /// All properties with values: what reading under an unknown key gives.
    pub const ANY: Field = Field(SPECIAL | 0x16);
    /// What an instance was made of, if a built-in or a package's class keeps that.
    pub const MADE_OF: Field = Field(SPECIAL | 0x17);
    /// What reading a property by name gets of the values under unknown keys, while they are few.
    pub const MIXED: Field = Field(SPECIAL | 0x18);
    /// What the receiver of a call was given to keep, for another call to give back.
    pub const KEPT: Field = Field(SPECIAL | 0x19);
    /// How many places of a tuple are kept apart.
    pub const TUPLE: u32 = 8;

    /// What a weak map holds for the object: it lives as long as the object, not as the map.
    pub fn weak(map: ObjectId) -> Self {
        Self(SPECIAL | WEAK | (map.0 & (WEAK - 1)))
    }

    /// Whether it is what a weak map holds for the object.
    pub fn is_weak(self) -> bool {
        self.0 & TAG == SPECIAL && self.0 & WEAK != 0
    }

    /// A property.
    pub fn name(name: Name) -> Self {
        Self(name.0)
    }

    /// A property's getter.
    pub fn getter(name: Name) -> Self {
        Self(name.0 | GETTER)
    }

    /// A property's setter.
    pub fn setter(name: Name) -> Self {
        Self(name.0 | SETTER)
    }

    /// Whether it is a setter.
    pub fn is_setter(self) -> bool {
        self.0 & TAG == SETTER
    }

    /// An element of a tuple; beyond [`Field::TUPLE`] any element.
    pub fn index(index: u32) -> Self {
        if index < Self::TUPLE { Self(SPECIAL | index) } else { Self::ELEMENT }
    }

    /// The field taken apart.
    pub fn kind(self) -> FieldKind {
        match self.0 & TAG {
            SPECIAL if self.0 & !TAG < Self::TUPLE => FieldKind::Index(self.0 & !TAG),
            SPECIAL => FieldKind::Special,
            GETTER => FieldKind::Getter(Name(self.0 & !TAG)),
            SETTER => FieldKind::Setter(Name(self.0 & !TAG)),
            _ => FieldKind::Name(Name(self.0)),
        }
    }
}
