//! Whether a whole line is what a pattern finds.
//!
//! A [`Regex`](regex::Regex) also finds where a match begins, and its groups: to be ready for that
//! takes as long again as this, and of nearly all patterns nobody asks for it.

use std::panic::{RefUnwindSafe, UnwindSafe};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// The bytes that the states of one pattern may take for each thread: as much as those of a `Regex`.
const CACHE: usize = 2 << 20;

/// A pattern that is matched from the start of a line; its states are made when a line leads to them.
#[derive(Debug)]
pub(crate) struct Automaton {
    states: DFA,
    caches: Pool<Cache, NewCache>,
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl Automaton {
    /// `None` if it would take more than so many bytes before any state is made, or nests deeper.
    pub(crate) fn new(expression: &str, size: usize, nest: u32) -> Option<Automaton> {
        let machine = thompson::Config::new()
            .nfa_size_limit(Some(size))
            .which_captures(WhichCaptures::None);
        let states = DFA::config()
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            // Where lines lead to ever new states there are faster ways.
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10))
            // ASCII is enough for most lines; on others the search says so.
            .unicode_word_boundary(true);
        let states = DFA::builder()
            .syntax(syntax::Config::new().nest_limit(nest))
            .thompson(machine)
            .configure(states)
            .build(expression)
            .ok()?;
        let made = states.clone();
        let new: NewCache = Box::new(move || made.create_cache());
        Some(Automaton {
            states,
            caches: Pool::new(new),
        })
    }

    /// Whether a match begins at the start of the line; `None` if somebody else has to be asked.
    pub(crate) fn is_match(&self, line: &str) -> Option<bool> {
        let input = Input::new(line).anchored(Anchored::Yes).earliest(true);
        let found = self.states.try_search_fwd(&mut self.caches.get(), &input);
        found.ok().map(|found| found.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of patterns as they are compiled for whole lines.
    #[test]
    fn agrees_with_regex() {
        let patterns = [
            r"\A(?:Photo: .+)\z",
            r"\A(?:(?i:straße|foto)s? \d{1,2})\z",
            r"\A(?:\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)*)\z",
            r"\A(?:by \b\w+\b)",
            r"\A(?:Жил|жил.)\z",
            r"\A(?:a|ab|abc)",
        ];
        let lines = [
            "",
            "a",
            "ab",
            "xab",
            "Photo: ",
            "Photo: x",
            "STRASSE 1",
            "straßes 12",
            "FOTO 123",
            "Foto 1",
            "Anna Berg",
            "Anna berg",
            "Жан Ор",
            "by Anna",
            "by Жан",
            "by жан, too",
            "by ",
            "Жил",
            "жилы",
            "жил\u{301}",
        ];
        for pattern in patterns {
            let automaton = Automaton::new(pattern, 1 << 20, 50).unwrap();
            let regex = regex::Regex::new(pattern).unwrap();
            for line in lines {
                let found = automaton.is_match(line);
                assert!(
                    found.is_none_or(|found| found == regex.is_match(line)),
                    "{pattern} {line}"
                );
                // A word's edge in what is not ASCII is the one thing that it does not know.
                assert!(
                    found.is_some() || pattern.contains(r"\b") && !line.is_ascii(),
                    "{pattern} {line}"
                );
            }
        }
    }

    #[test]
    fn too_large_is_none() {
        assert!(Automaton::new(r"\A(?:\p{L}{1000})\z", 1 << 20, 50).is_none());
    }
}
