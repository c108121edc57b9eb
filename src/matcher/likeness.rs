//! How much two lines have in common.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Whether two folded lines have at least this share of their words in common, in order.
///
/// Of a share of 1 they are equal. Copies begin or end with the same word: that is asked first,
/// and spares the comparison of lines that have nothing to do with each other.
pub(crate) fn alike(one: &str, other: &str, share: f64) -> bool {
    if one == other {
        return true;
    }
    fn first(line: &str) -> Option<&str> {
        line.split(' ').next()
    }
    fn last(line: &str) -> Option<&str> {
        line.rsplit(' ').next()
    }
    if share >= 1.0 || (first(one) != first(other) && last(one) != last(other)) {
        return false;
    }
    let one: Vec<&str> = one.split(' ').collect();
    let other: Vec<&str> = other.split(' ').collect();
    let enough = |common: usize| 2.0 * common as f64 >= share * (one.len() + other.len()) as f64;
    enough(one.len().min(other.len()))
        && enough(shared(&one, &other))
        && enough(common(&one, &other))
}

/// The words in common in any order: never fewer than those in order, and found faster.
fn shared(one: &[&str], other: &[&str]) -> usize {
    let (mut one, mut other) = (one.to_vec(), other.to_vec());
    one.sort_unstable();
    other.sort_unstable();
    let mut other = other.into_iter().peekable();
    let mut shared = 0;
    for word in one {
        while other.next_if(|&next| next < word).is_some() {}
        shared += usize::from(other.next_if_eq(&word).is_some());
    }
    shared
}

fn common(one: &[&str], other: &[&str]) -> usize {
    let ops = capture_diff_slices(Algorithm::Myers, one, other);
    ops.iter()
        .map(|op| {
            if let DiffOp::Equal { len, .. } = op {
                *len
            } else {
                0
            }
        })
        .sum()
}
