//! Whether a line is what a machine finds, by going over its parts: the few lines for which a short
//! run asks a pattern are told long before the states of an [`Automaton`](super::automaton::Automaton)
//! are made.

use super::machine::{Class, Machine, Next, Part, Place};

/// How many parts are tried on one line, and how many may wait for what is behind them.
const STEPS: u32 = 4000;
const DEPTH: u32 = 200;

/// How many bytes of a class count as much as a part.
const RUN: usize = 16;

/// What going over the parts tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Told {
    Known(bool),
    /// The machine does not know a code point that would decide.
    GivesUp,
    /// It takes longer than states do.
    TooLong,
}

impl Machine {
    /// Whether a match begins at the start of a line.
    pub(crate) fn tell(&self, line: &str) -> Told {
        let mut walk = Walk {
            classes: &self.classes,
            line: line.as_bytes(),
            steps: STEPS,
            depth: 0,
            gives_up: false,
        };
        let is_found = walk.part(&self.pattern, 0, &mut |_, _| true);
        match is_found {
            true => Told::Known(true),
            false if walk.steps == 0 => Told::TooLong,
            false if walk.gives_up => Told::GivesUp,
            false => Told::Known(false),
        }
    }
}

/// What is asked at the end of a part: whether the rest matches from a byte on.
type Rest<'r, 'm> = &'r mut dyn FnMut(&mut Walk<'m>, usize) -> bool;

struct Walk<'m> {
    classes: &'m [Class],
    line: &'m [u8],
    /// How many are left; with none nothing matches any more.
    steps: u32,
    depth: u32,
    gives_up: bool,
}

impl<'m> Walk<'m> {
    /// Whether a part matches from a byte on, and the rest behind it.
    fn part(&mut self, part: &'m Part, at: usize, rest: Rest<'_, 'm>) -> bool {
        self.spend(1);
        if self.depth == DEPTH {
            self.steps = 0;
        }
        if self.steps == 0 {
            return false;
        }
        self.depth += 1;
        let is_found = match part {
            Part::Literal(bytes) => {
                self.line[at..].starts_with(bytes) && rest(self, at + bytes.len())
            }
            Part::Class(number) => self.class(*number, at).is_some_and(|end| rest(self, end)),
            Part::At(place) => self.is_at(*place, at) && rest(self, at),
            Part::Times(min, max, part) => match **part {
                Part::Class(number) => self.run(number, *min, *max, at, rest),
                _ => self.times(part, *min, *max, at, rest),
            },
            Part::Row(parts) => self.row(parts, at, rest),
            Part::Any(parts) => parts.iter().any(|part| self.part(part, at, rest)),
        };
        self.depth -= 1;
        is_found
    }

    fn row(&mut self, parts: &'m [Part], at: usize, rest: Rest<'_, 'm>) -> bool {
        match parts {
            [] => rest(self, at),
            [last] => self.part(last, at, rest),
            [first, parts @ ..] => self.part(first, at, &mut |walk, at| walk.row(parts, at, rest)),
        }
    }

    /// The same of a part that is repeated, as often as it can be first.
    fn times(
        &mut self,
        part: &'m Part,
        min: u32,
        max: Option<u32>,
        at: usize,
        rest: Rest<'_, 'm>,
    ) -> bool {
        let left = max.map(|max| max.saturating_sub(1));
        let mut again = |walk: &mut Walk<'m>, end: usize| {
            // Where it takes nothing, more of it take nothing either.
            (end > at || min > 0) && walk.times(part, min.saturating_sub(1), left, end, rest)
        };
        (max != Some(0) && self.part(part, at, &mut again)) || (min == 0 && rest(self, at))
    }

    /// The same of a class, without going deeper for each code point.
    fn run(
        &mut self,
        number: usize,
        min: u32,
        max: Option<u32>,
        at: usize,
        rest: Rest<'_, 'm>,
    ) -> bool {
        let (mut count, mut end) = (0, at);
        while max.is_none_or(|max| count < max)
            && let Some(next) = self.class(number, end)
        {
            (count, end) = (count + 1, next);
        }
        self.spend((end - at) / RUN);
        while count >= min && self.steps > 0 {
            if rest(self, end) {
                return true;
            }
            self.spend(1);
            if count == 0 {
                return false;
            }
            count -= 1;
            let is_inside = |byte: &u8| *byte & 0xC0 == 0x80;
            let bytes = self.line[..end].iter().rev();
            end -= 1 + bytes.take_while(|byte| is_inside(byte)).count();
        }
        false
    }

    /// The end of a code point of a class.
    fn class(&mut self, number: usize, mut at: usize) -> Option<usize> {
        let places = &self.classes[number].0;
        let mut place = places.last()?;
        loop {
            let byte = *self.line.get(at)?;
            let mut ways = place.iter();
            let (_, next) = ways.find(|(bytes, _)| (bytes.0..=bytes.1).contains(&byte))?;
            at += 1;
            match *next {
                Next::End => return Some(at),
                Next::GivesUp => {
                    self.gives_up = true;
                    return None;
                }
                Next::Place(number) => place = &places[number],
            }
        }
    }

    fn is_at(&self, place: Place, at: usize) -> bool {
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let is_edge = || {
            let before = at.checked_sub(1).and_then(|at| self.line.get(at));
            is_word(before) != is_word(self.line.get(at))
        };
        match place {
            Place::Start => at == 0,
            Place::End => at == self.line.len(),
            Place::WordEdge => is_edge(),
            Place::NoWordEdge => !is_edge(),
        }
    }

    fn spend(&mut self, steps: usize) {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_sub(steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(pattern: &str, line: &str) -> Told {
        Machine::of(pattern).unwrap().tell(line)
    }

    #[test]
    fn what_takes_long_is_left_to_states() {
        let long = "a".repeat(100_000);
        for (pattern, line) in [
            (r"\A(?:(?:a|ab?)*c)\z", &long[..30]),
            (r"\A(?:a*a*a*b)\z", &long[..100]),
            (r"\A(?:(?:ab?|b)+)\z", &long[..]),
            (r"\A(?:a+)\z", &long[..]),
        ] {
            assert_eq!(tell(pattern, line), Told::TooLong, "{pattern}");
        }
    }

    #[test]
    fn a_match_counts_whatever_another_way_does_not_know() {
        assert_eq!(tell(r"\A(?:\p{Lu}+|中)\z", "中"), Told::Known(true));
        assert_eq!(tell(r"\A(?:\p{Lu}+|中)\z", "文"), Told::GivesUp);
        assert_eq!(tell(r"\A(?:\p{Lu}+|中)\z", "a文"), Told::Known(false));
    }

    #[test]
    fn repetitions_give_back_whole_code_points() {
        for (pattern, is_found) in [
            (r"\A(?:[aж中]*中b)\z", true),
            (r"\A(?:[aж中]{4}b)\z", true),
            (r"\A(?:[aж中]{5,}b)\z", false),
            (r"\A(?:[aж中]{0,2}b)\z", false),
            (r"\A(?:(?:a|ж中?)+中b)\z", true),
            (r"\A(?:(?:a?){3}ж中中b)\z", true),
        ] {
            assert_eq!(tell(pattern, "aж中中b"), Told::Known(is_found), "{pattern}");
        }
    }
}
