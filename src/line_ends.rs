//! Where the lines of a text end, found many bytes at once.

use wide::u8x16;

/// So many bytes are looked at at once: a bit of a mask each.
const BLOCK: usize = 64;

/// The bytes of a text that are `\n`, in order.
pub(crate) struct LineEnds<'t> {
    text: &'t [u8],
    /// The bytes before this one were looked at.
    seen: usize,
    /// Which of the last block that was looked at are left, the first the lowest bit.
    left: u64,
}

impl<'t> LineEnds<'t> {
    pub(crate) fn of(text: &'t [u8]) -> LineEnds<'t> {
        LineEnds {
            text,
            seen: 0,
            left: 0,
        }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            let rest = self.text.get(self.seen..).filter(|rest| !rest.is_empty())?;
            self.left = match rest.first_chunk() {
                Some(block) => newlines(block),
                None => newlines_of_few(rest),
            };
            self.seen += BLOCK;
        }
        let at = self.seen - BLOCK + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(at)
    }
}

/// The same as [`newlines`] of the last bytes of a text.
#[cold]
fn newlines_of_few(bytes: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    newlines(&block)
}

/// Which bytes of a block are `\n`, the first the lowest bit.
#[inline]
fn newlines(block: &[u8; BLOCK]) -> u64 {
    let (quarters, _) = block.as_chunks();
    let bits = |quarter: usize| {
        let found = u8x16::new(quarters[quarter]).simd_eq(u8x16::splat(b'\n'));
        u64::from(found.to_bitmask()) << (16 * quarter)
    };
    bits(0) | bits(1) | bits(2) | bits(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_that_a_search_finds() {
        for length in 0..200 {
            for step in 1..80 {
                for first in 0..3.min(step) {
                    let is_end = |at: usize| at % step == first;
                    let text: Vec<u8> = (0..length)
                        .map(|at| {
                            if is_end(at) {
                                b'\n'
                            } else {
                                b'a' + (at % 26) as u8
                            }
                        })
                        .collect();
                    let found: Vec<usize> = LineEnds::of(&text).collect();
                    let wanted: Vec<usize> = (0..length).filter(|&at| is_end(at)).collect();
                    assert_eq!(
                        found, wanted,
                        "of {length} bytes, each {step} from {first} on"
                    );
                }
            }
        }
    }
}
