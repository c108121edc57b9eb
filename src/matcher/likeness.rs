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
    let is_first = || words(one).next() == words(other).next();
    let is_last = || words_back(one).next() == words_back(other).next();
    if share >= 1.0 || !(is_first() || is_last()) {
        return false;
    }
    let (count, counted) = (words(one).count(), words(other).count());
    let enough = |common: usize| 2.0 * common as f64 >= share * (count + counted) as f64;
    let most = count.min(counted);
    if !enough(most) {
        return false;
    }
    // What both begin and end with is in common, and of most copies it is nearly all.
    let same = |(one, other): &(&[u8], &[u8])| one == other;
    let begin = words(one).zip(words(other));
    let end = words_back(one).zip(words_back(other));
    let outer = begin.take_while(same).count() + end.take_while(same).count();
    if enough(outer.min(most)) {
        return true;
    }
    if !enough(most_shared(one, other)) {
        return false;
    }
    let one: Vec<&str> = one.split(' ').collect();
    let other: Vec<&str> = other.split(' ').collect();
    enough(shared(&one, &other)) && enough(common(&one, &other))
}

/// How words of credits begin, in small letters.
const CREDITS: [&str; 19] = [
    "photo",
    "foto",
    "фото",
    "imag",
    "illustr",
    "ilustr",
    "иллюстр",
    "ілюстр",
    "file",
    "undated",
    "archiv",
    "arhiv",
    "архив",
    "архів",
    "courtesy",
    "credit",
    "screenshot",
    "скриншот",
    "скріншот",
];

/// Whether a folded line is another one, or that one with a credit more: behind it a bracket, `©` or a
/// label such as `Photo:`, before it a bracket or a label. The marks behind the last word do not count
/// there; but of two lines that only these tell apart one is a headline, and one a sentence.
pub(crate) fn is_part(line: &str, of: &str) -> bool {
    let is_mark = |c: char| c != ' ' && !c.is_alphanumeric();
    let words = line.trim_end_matches(is_mark);
    let is_beginning = of.strip_prefix(words).is_some_and(|behind| {
        let more = behind.trim_start_matches(|c: char| is_mark(c) && !"([©".contains(c));
        let (is_apart, more) = match more.strip_prefix(' ') {
            Some(more) => (true, more),
            None => (false, more),
        };
        !words.is_empty()
            && (behind == &line[words.len()..]
                || more.starts_with('©')
                || bracket(more).is_some_and(is_credit)
                || is_apart
                    && more
                        .split_once(':')
                        .is_some_and(|(label, _)| is_label(label)))
    });
    let before = of.strip_suffix(line);
    is_beginning
        || before.is_some_and(|before| {
            before.is_empty()
                || before.ends_with(" ") && bracket(before.trim_end()).is_some_and(is_credit)
                || before.strip_suffix(": ").is_some_and(is_label)
        })
}

/// What stands in the bracket that a text begins with.
fn bracket(text: &str) -> Option<&str> {
    let inner = text.strip_prefix(['(', '['])?;
    Some(inner.split([')', ']']).next().unwrap_or(inner))
}

/// Whether what stands before a colon is the label of a credit: one or two words.
fn is_label(text: &str) -> bool {
    text.split(' ').count() <= 2 && has_credit_word(text)
}

/// Whether a text in brackets says who made a picture, or of what kind it is: `file`, `AP`, `Ann Holm, RFE/RL`.
fn is_credit(text: &str) -> bool {
    // Small words of up to three letters join names.
    let is_of_name = |word: &str| {
        word.chars().count() <= 3 || word.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
    };
    has_credit_word(text) || text.split(' ').all(is_of_name) && text.contains(char::is_uppercase)
}

fn has_credit_word(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .map(str::to_lowercase)
        .any(|word| CREDITS.iter().any(|credit| word.starts_with(credit)))
}

/// The bytes of each word.
fn words(line: &str) -> impl Iterator<Item = &[u8]> {
    let line = line.as_bytes();
    let mut start = 0;
    let ends = memchr::memchr_iter(b' ', line).chain([line.len()]);
    ends.map(move |end| {
        let word = &line[start..end];
        start = end + 1;
        word
    })
}

/// The same from the last word back.
fn words_back(line: &str) -> impl Iterator<Item = &[u8]> {
    let line = line.as_bytes();
    let mut end = line.len();
    let before_words = memchr::memrchr_iter(b' ', line).map(Some).chain([None]);
    before_words.map(move |space| {
        let word = &line[space.map_or(0, |space| space + 1)..end];
        end = space.unwrap_or(0);
        word
    })
}

/// No fewer words than are in common in any order, without comparing any: those that begin and end
/// alike, and are as long.
fn most_shared(one: &str, other: &str) -> usize {
    let kind = |word: &[u8]| {
        let [first, last] = [word.first(), word.last()].map(|byte| byte.copied().unwrap_or(0));
        let sum = u32::from(first) << 8 | u32::from(last) | (word.len() as u32) << 16;
        (sum.wrapping_mul(0x9e37_79b9) >> 24) as usize
    };
    let mut kinds = [0_u32; 256];
    words(one).for_each(|word| kinds[kind(word)] += 1);
    let mut shared = 0;
    for word in words(other) {
        let left = &mut kinds[kind(word)];
        shared += usize::from(*left > 0);
        *left = left.saturating_sub(1);
    }
    shared
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

#[cfg(test)]
mod tests {
    use super::is_part;

    #[test]
    fn part_is_a_line_of_which_the_other_has_a_credit_more() {
        for of in [
            "A mill.",
            "A mill (file)",
            "A mill. (AP)",
            "A mill(AP)",
            "A mill. © AFP",
            "A mill. Photo: Ann",
            "A mill. AP photo: Ann",
            "FILE PHOTO: A mill.",
            "(AP) A mill.",
            "A mill. (Ann Holm for RFE/RL)",
            "A mill (архивное фото)",
        ] {
            assert!(is_part("A mill.", of), "{of}");
        }
        for of in [
            "A mill",
            "A mill?",
            "A mill.\"",
            "A mill burns.",
            "A mill. It burns.",
            "A mill, says Ann: it burns.",
            "A mills: one",
            "A millstone (file)",
            "See A mill.",
            "A mill (juniors)",
            "A mill (2019)",
            "A mill. Repeat: one",
            "False: A mill.",
            "She burnt the file: A mill.",
            "(see below) A mill.",
        ] {
            assert!(!is_part("A mill.", of), "{of}");
        }
    }
}
