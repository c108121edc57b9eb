//! Whether a whole line is what a pattern finds.
//!
//! A [`Regex`](regex::Regex) also finds where a match begins, and its groups: to be ready for that
//! takes as long again as this, and of nearly all patterns nobody asks for it.

use std::panic::{RefUnwindSafe, UnwindSafe};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, Builder, NFA, Transition, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::pool::Pool;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, PatternID};

use super::machine::{Machine, Next, Part, Place};

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
    /// That of all lines. `None` if it would take more than so many bytes before any state is made,
    /// nests deeper, or asks for edges of words: in ASCII a machine knows them, and elsewhere no automaton.
    pub(crate) fn new(expression: &str, size: usize, nest: u32) -> Option<Automaton> {
        let config = thompson::Config::new()
            .nfa_size_limit(Some(size))
            .which_captures(WhichCaptures::None);
        let states = thompson::Compiler::new()
            .syntax(syntax::Config::new().nest_limit(nest))
            .configure(config)
            .build(expression)
            .ok()?;
        // The states that are made later cannot know them.
        if states.look_set_any().contains_word_unicode() {
            return None;
        }
        Automaton::of_states(states)
    }

    /// That of lines in which the machine does not give up. `None` if it would take more than so many
    /// bytes.
    pub(crate) fn of(machine: &Machine, size: usize) -> Option<Automaton> {
        Automaton::of_states(states(machine, size)?)
    }

    fn of_states(states: NFA) -> Option<Automaton> {
        let config = DFA::config()
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            // Where lines lead to ever new states there are faster ways.
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10));
        let states = DFA::builder()
            .configure(config)
            .build_from_nfa(states)
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
        match found.ok()?.map(|end| end.pattern()) {
            // Where the machine cannot tell is the end of a second pattern.
            Some(pattern) => (pattern == PatternID::ZERO).then_some(true),
            None => Some(false),
        }
    }
}

/// The states of a machine, if they take no more than so many bytes. To give up is a second pattern.
fn states(machine: &Machine, size: usize) -> Option<NFA> {
    let mut builder = Builder::new();
    builder.set_utf8(false);
    builder.set_size_limit(Some(size)).ok()?;
    let mut ends = [StateID::ZERO; 2];
    for end in &mut ends {
        builder.start_pattern().ok()?;
        *end = builder.add_match().ok()?;
        builder.finish_pattern(*end).ok()?;
    }
    let [has_matched, gives_up] = ends;
    let mut states = States {
        machine,
        builder,
        gives_up,
    };
    let start = states.before(&machine.pattern, has_matched)?;
    states.builder.build(start, start).ok()
}

/// States that are made from the end, so that the one behind a part is known.
struct States<'m> {
    machine: &'m Machine,
    builder: Builder,
    gives_up: StateID,
}

impl States<'_> {
    /// The state before a part that has this one behind it.
    fn before(&mut self, part: &Part, next: StateID) -> Option<StateID> {
        match part {
            Part::Literal(bytes) => bytes.iter().rev().try_fold(next, |next, &byte| {
                let (start, end) = (byte, byte);
                let byte = Transition { start, end, next };
                self.builder.add_range(byte).ok()
            }),
            Part::Class(number) => self.before_class(*number, next),
            Part::At(place) => {
                let look = match place {
                    Place::Start => Look::Start,
                    Place::End => Look::End,
                    Place::WordEdge => Look::WordAscii,
                    Place::NoWordEdge => Look::WordAsciiNegate,
                };
                self.builder.add_look(next, look).ok()
            }
            Part::Times(min, Some(max), part) => {
                let mut start = next;
                for _ in *min..*max {
                    let once = self.before(part, start)?;
                    start = self.builder.add_union(vec![once, next]).ok()?;
                }
                self.before_times(*min, part, start)
            }
            Part::Times(min, None, part) => {
                let again = self.builder.add_union(Vec::new()).ok()?;
                let once = self.before(part, again)?;
                self.builder.patch(again, once).ok()?;
                self.builder.patch(again, next).ok()?;
                match min.checked_sub(1) {
                    Some(left) => self.before_times(left, part, once),
                    None => Some(again),
                }
            }
            Part::Row(parts) => {
                let mut parts = parts.iter().rev();
                parts.try_fold(next, |next, part| self.before(part, next))
            }
            Part::Any(parts) => {
                let starts = parts.iter().map(|part| self.before(part, next));
                let starts = starts.collect::<Option<_>>()?;
                self.builder.add_union(starts).ok()
            }
        }
    }

    fn before_times(&mut self, times: u32, part: &Part, next: StateID) -> Option<StateID> {
        (0..times).try_fold(next, |next, _| self.before(part, next))
    }

    fn before_class(&mut self, number: usize, next: StateID) -> Option<StateID> {
        let places = &self.machine.classes[number].0;
        let mut states = Vec::with_capacity(places.len());
        for place in places {
            let transitions = place.iter().map(|(bytes, behind)| Transition {
                start: bytes.0,
                end: bytes.1,
                next: match behind {
                    Next::End => next,
                    Next::GivesUp => self.gives_up,
                    Next::Place(number) => states[*number],
                },
            });
            states.push(self.builder.add_sparse(transitions.collect()).ok()?);
        }
        states.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::walk::Told;

    const SIZE: usize = 1 << 20;
    const NEST: u32 = 50;

    /// What a machine tells, by going over its parts and by states; the first where that is not long.
    fn both(machine: &Machine, automaton: &Automaton, line: &str) -> [Option<bool>; 2] {
        let by_states = automaton.is_match(line);
        let by_parts = match machine.tell(line) {
            Told::Known(is_found) => Some(is_found),
            Told::GivesUp => None,
            Told::TooLong => by_states,
        };
        [by_parts, by_states]
    }

    /// Of patterns as they are compiled for whole lines.
    #[test]
    fn agrees_with_regex() {
        let patterns = [
            r"\A(?:Photo: .+)\z",
            r"\A(?:(?i:straße|foto|k)s? \d{1,2})\z",
            r"\A(?:\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)*)\z",
            r"\A(?:a \b\w+\b)",
            r"\A(?:a\B.)\z",
            r"\A(?:a\b)",
            r"\A(?:a\b|a?Ж\b)",
            r"\A(?:[^ ]\b.?1)",
            r"\A(?:(?:\b.)+)\z",
            r"\A(?:\w+\b ?\B)\z",
            r"\A(?:Жил|жил.)\z",
            r"\A(?:a|ab|abc)",
            r"\A(?:[^ ]{2,3})\z",
            r"\A(?:[^a-zж…]*[aж…])\z",
            r"\A(?:.*\s\S+)\z",
            r"\A(?:(?:a|Ж)*?(?:é|中){1,2})\z",
            r"\A(?:(?:[aж]?){3}…?)\z",
            r"\A(?:(?:a*)*(?:ж+)+1)\z",
            r"\A(?:[\p{Lu}•]{1,2}[…–]?)\z",
            r"\A(?:\p{Han}+)\z",
            r"\A(?:\W\w\W)\z",
            r"\A(?:(?-u:\w)+\x20?)\z",
            r"\A(?:[a&&ж]|1)\z",
            r"\A(?:(?s:.)+)\z",
            r"\A(?:a{2}|a{3,})\z",
            r"\A(?:a(?m:$)| (?:^|$)|1)\z",
        ];
        let pieces = [
            "a", "b", "A", "k", "s", "1", " ", "\u{a0}", "\r", "é", "É", "ſ", "Ж", "ж", "ß", "٣",
            "\u{301}", "\u{7ff}", "\u{800}", "…", "•", "\u{207f}", "\u{2080}", "€", "\u{212a}",
            "中", "Ⴀ", "😀", "Photo: ", "foto",
        ];
        let mut lines = vec![String::new()];
        for first in pieces {
            lines.push(first.to_owned());
            for second in pieces {
                lines.push(format!("{first}{second}"));
                lines.extend(pieces.map(|third| format!("{first}{second}{third}")));
            }
        }
        let is_common = |c: char| matches!(c, '\0'..'\u{800}' | '\u{2000}'..'\u{2080}');
        for pattern in patterns {
            let regex = regex::Regex::new(pattern).unwrap();
            let machine = Machine::of(pattern);
            let of_machine =
                machine.and_then(|machine| Some((machine.clone(), Automaton::of(&machine, SIZE)?)));
            let of_all = Automaton::new(pattern, SIZE, NEST);
            let asks_for_words = pattern.contains(r"\b") || pattern.contains(r"\B");
            assert_eq!(of_all.is_none(), asks_for_words, "{pattern}");
            assert_eq!(of_machine.is_none(), pattern.contains("m:"), "{pattern}");
            for line in &lines {
                let wanted = regex.is_match(line);
                if let Some(automaton) = &of_all {
                    assert_eq!(automaton.is_match(line), Some(wanted), "{pattern} {line}");
                }
                let Some((machine, automaton)) = &of_machine else {
                    continue;
                };
                let is_known = match asks_for_words {
                    true => line.is_ascii(),
                    false => line.chars().all(is_common),
                };
                for found in both(machine, automaton, line) {
                    assert!(
                        found.is_none_or(|found| found == wanted),
                        "{pattern} {line}"
                    );
                    assert!(found.is_some() || !is_known, "{pattern} {line}");
                }
            }
        }
    }

    #[test]
    fn what_a_machine_knows_wholly_it_tells_of_any_line() {
        let pattern = r"\A(?:.{2,3}[.!?…।]|[^\s•–]+)\z";
        let machine = Machine::of(pattern).unwrap();
        let automaton = Automaton::of(&machine, SIZE).unwrap();
        for (line, is_found) in [
            ("中中…", true),
            ("中中", true),
            ("•中", false),
            ("中 中", false),
        ] {
            assert_eq!(
                both(&machine, &automaton, line),
                [Some(is_found); 2],
                "{line}"
            );
        }
    }

    #[test]
    fn too_large_is_none() {
        for pattern in [
            r"\A(?:\p{L}{1000})\z",
            r"\A(?:(?:(?:a?){0,1000}){0,1000})\z",
            r"\A(?:(?:a{1000}){1000})\z",
        ] {
            assert!(Automaton::new(pattern, SIZE, NEST).is_none(), "{pattern}");
            let machine = Machine::of(pattern).unwrap();
            assert!(Automaton::of(&machine, SIZE).is_none(), "{pattern}");
        }
    }
}
