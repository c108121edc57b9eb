//! What the build finds out beforehand, as bytes that are read back at once.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

/// A value that the build writes and the library reads. Both are made of the same sources, so that
/// nothing can be wrong with the bytes.
pub(crate) trait Packed: Sized {
    // The library writes nothing.
    #[allow(dead_code)]
    fn pack(&self, to: &mut Packer);

    fn unpack(from: &mut Unpacker) -> Self;
}

/// Bytes that are written beside a text which the reader has too: what stands in it is written as its
/// place.
pub(crate) struct Packer<'t> {
    pub(crate) bytes: Vec<u8>,
    text: &'t str,
    /// Where the last place began: most of what follows is near it.
    last: usize,
}

/// The bytes that are left to read, and the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpacker {
    pub(crate) bytes: &'static [u8],
    text: &'static str,
    last: usize,
}

// The library writes nothing.
#[allow(dead_code)]
impl<'t> Packer<'t> {
    pub(crate) fn beside(text: &'t str) -> Packer<'t> {
        Packer {
            bytes: Vec::new(),
            text,
            last: 0,
        }
    }

    /// Writes a place of the text.
    pub(crate) fn place(&mut self, place: &Range<usize>) {
        (distance(self.last, place.start), place.len()).pack(self);
        self.last = place.start;
    }

    fn text(&mut self, text: &str) {
        let behind = self.text.get(self.last..).and_then(|rest| rest.find(text));
        let at = behind
            .map(|at| self.last + at)
            .or_else(|| self.text.find(text));
        match at {
            Some(at) => (distance(self.last, at) + 1, text.len()).pack(self),
            None => {
                (0usize, text.len()).pack(self);
                self.bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
}

/// How far it is from one place to another, as an even number ahead and an odd one back.
fn distance(from: usize, to: usize) -> usize {
    match to.checked_sub(from) {
        Some(ahead) => 2 * ahead,
        None => 2 * (from - to) - 1,
    }
}

/// The place so far from one.
#[inline]
fn place(from: usize, distance: usize) -> usize {
    match distance % 2 {
        0 => from + distance / 2,
        _ => from - distance.div_ceil(2),
    }
}

impl Unpacker {
    /// A place of the text.
    pub(crate) fn place(&mut self) -> Range<usize> {
        let (far, length): (usize, usize) = Packed::unpack(self);
        self.last = place(self.last, far);
        self.last..self.last + length
    }

    pub(crate) fn beside(text: &'static str, bytes: &'static [u8]) -> Unpacker {
        Unpacker {
            bytes,
            text,
            last: 0,
        }
    }

    pub(crate) fn take(&mut self, length: usize) -> &'static [u8] {
        let (taken, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        taken
    }

    fn text(&mut self) -> &'static str {
        let (at, length): (usize, usize) = Packed::unpack(self);
        match at.checked_sub(1) {
            Some(far) => {
                let at = place(self.last, far);
                &self.text[at..at + length]
            }
            None => std::str::from_utf8(self.take(length)).expect("a text was written"),
        }
    }
}

impl Packed for u8 {
    fn pack(&self, to: &mut Packer) {
        to.bytes.push(*self);
    }

    #[inline]
    fn unpack(from: &mut Unpacker) -> u8 {
        let (&byte, rest) = from.bytes.split_first().expect("a byte was written");
        from.bytes = rest;
        byte
    }
}

/// Seven bits a byte, the lowest first; the high bit says that there are more.
impl Packed for u64 {
    fn pack(&self, to: &mut Packer) {
        let mut left = *self;
        while left > 0x7F {
            to.bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        to.bytes.push(left as u8);
    }

    #[inline]
    fn unpack(from: &mut Unpacker) -> u64 {
        let (mut all, mut bits) = (0, 0);
        loop {
            let byte = u8::unpack(from);
            all |= u64::from(byte & 0x7F) << bits;
            bits += 7;
            if byte < 0x80 {
                return all;
            }
        }
    }
}

/// Of a type that is written as another one.
macro_rules! packed_as {
    ($type:ty, $as:ty, |$value:ident| $to:expr, |$packed:ident| $from:expr) => {
        impl Packed for $type {
            fn pack(&self, to: &mut Packer) {
                let $value = *self;
                <$as>::pack(&$to, to);
            }

            fn unpack(from: &mut Unpacker) -> $type {
                let $packed = <$as>::unpack(from);
                $from
            }
        }
    };
}

impl<T: Packed> Packed for Box<T> {
    fn pack(&self, to: &mut Packer) {
        T::pack(self, to);
    }

    fn unpack(from: &mut Unpacker) -> Box<T> {
        Box::new(T::unpack(from))
    }
}

packed_as!(u32, u64, |value| value.into(), |packed| packed as u32);
packed_as!(usize, u64, |value| value as u64, |packed| packed as usize);
packed_as!(bool, u8, |value| value.into(), |packed| packed == 1);
packed_as!(f64, u64, |value| value.to_bits(), |packed| f64::from_bits(
    packed
));

impl Packed for String {
    fn pack(&self, to: &mut Packer) {
        to.text(self);
    }

    fn unpack(from: &mut Unpacker) -> String {
        from.text().to_owned()
    }
}

impl Packed for Cow<'static, str> {
    fn pack(&self, to: &mut Packer) {
        to.text(self);
    }

    fn unpack(from: &mut Unpacker) -> Cow<'static, str> {
        Cow::Borrowed(from.text())
    }
}

impl Packed for Cow<'static, [u8]> {
    fn pack(&self, to: &mut Packer) {
        self.len().pack(to);
        to.bytes.extend_from_slice(self);
    }

    fn unpack(from: &mut Unpacker) -> Cow<'static, [u8]> {
        let length = usize::unpack(from);
        Cow::Borrowed(from.take(length))
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, to: &mut Packer) {
        self.is_some().pack(to);
        if let Some(value) = self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker) -> Option<T> {
        bool::unpack(from).then(|| T::unpack(from))
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, to: &mut Packer) {
        self.len().pack(to);
        self.iter().for_each(|value| value.pack(to));
    }

    fn unpack(from: &mut Unpacker) -> Vec<T> {
        let length = usize::unpack(from);
        (0..length).map(|_| T::unpack(from)).collect()
    }
}

impl<T: Packed> Packed for Range<T> {
    fn pack(&self, to: &mut Packer) {
        self.start.pack(to);
        self.end.pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Range<T> {
        T::unpack(from)..T::unpack(from)
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
        self.1.pack(to);
    }

    fn unpack(from: &mut Unpacker) -> (A, B) {
        (A::unpack(from), B::unpack(from))
    }
}

/// A value that few ask for: of those that the build wrote it is read when it is asked for first.
#[derive(Clone)]
pub(crate) struct Late<T> {
    packed: Unpacker,
    value: OnceLock<T>,
}

impl<T> From<T> for Late<T> {
    fn from(value: T) -> Late<T> {
        Late {
            packed: Unpacker::beside("", &[]),
            value: value.into(),
        }
    }
}

impl<T: Packed> Deref for Late<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let mut packed = self.packed;
        self.value.get_or_init(|| T::unpack(&mut packed))
    }
}

impl<T: Packed + fmt::Debug> fmt::Debug for Late<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: Packed> Packed for Late<T> {
    fn pack(&self, to: &mut Packer) {
        let (before, last) = (std::mem::take(&mut to.bytes), to.last);
        T::pack(self, to);
        let bytes = std::mem::replace(&mut to.bytes, before);
        to.last = last;
        Cow::<[u8]>::Owned(bytes).pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Late<T> {
        let length = usize::unpack(from);
        let bytes = from.take(length);
        Late {
            packed: Unpacker { bytes, ..*from },
            value: OnceLock::new(),
        }
    }
}

/// Makes structs packed, field by field.
macro_rules! packed {
    ($($type:ident { $($field:ident),* $(,)? })*) => {
        $(impl $crate::packed::Packed for $type {
            fn pack(&self, to: &mut $crate::packed::Packer) {
                let $type { $($field),* } = self;
                $($crate::packed::Packed::pack($field, to);)*
            }

            fn unpack(from: &mut $crate::packed::Unpacker) -> $type {
                $type { $($field: $crate::packed::Packed::unpack(from)),* }
            }
        })*
    };
}

/// Makes types packed that have few values, as their places in a list of all.
macro_rules! packed_values {
    ($($type:ident: $all:expr;)*) => {
        $(impl $crate::packed::Packed for $type {
            fn pack(&self, to: &mut $crate::packed::Packer) {
                let at = $all.iter().position(|value| value == self);
                $crate::packed::Packed::pack(&at.expect("the list has all"), to);
            }

            fn unpack(from: &mut $crate::packed::Unpacker) -> $type {
                $all[<usize as $crate::packed::Packed>::unpack(from)]
            }
        })*
    };
}

pub(crate) use {packed, packed_values};
