//! Work on many threads whose results come in the order of the jobs.
//!
//! A thread takes a job from the source, which one thread at a time may ask; works on it; and hands
//! the result to the sink, which sees results one at a time, in the order in which the jobs were
//! taken. So what the sink makes of them does not depend on the number of threads.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results that wait for their turn, for each thread: with more a thread waits itself.
const WAITING: usize = 2;

/// The results that wait, and whose turn it is.
struct Turns<D> {
    /// The number of the job whose result the sink takes next.
    next: u64,
    waiting: BTreeMap<u64, D>,
    /// Whether a thread is feeding the sink.
    is_feeding: bool,
    /// How many threads wait for others.
    asleep: usize,
    /// Whether to stop, because of an error or a panic.
    stopped: bool,
}

/// Does all jobs, on so many threads.
///
/// `is_large`: no other job is taken before such a one is done, so that large jobs are never many
/// at a time.
///
/// # Errors
/// The first of the sink; nothing more is done then.
pub fn run<J: Send, D: Send, E: Send>(
    threads: usize,
    source: impl FnMut() -> Option<J> + Send,
    is_large: impl Fn(&J) -> bool + Sync,
    work: impl Fn(J) -> D + Sync,
    sink: impl FnMut(D) -> Result<(), E> + Send,
) -> Result<(), E> {
    let source = Mutex::new((0, source));
    let sink = Mutex::new((sink, Ok(())));
    let turns = Mutex::new(Turns {
        next: 0,
        waiting: BTreeMap::new(),
        is_feeding: false,
        asleep: 0,
        stopped: false,
    });
    let changed = Condvar::new();

    let feed = |number: u64, done: D| {
        let mut state = locked(&turns);
        // The result whose turn it is never waits, so that there is always somebody who feeds.
        while !state.stopped && state.next != number && state.waiting.len() >= WAITING * threads {
            state.asleep += 1;
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
        state.waiting.insert(number, done);
        if state.is_feeding {
            return;
        }
        state.is_feeding = true;
        while !state.stopped {
            let next = state.next;
            let Some(done) = state.waiting.remove(&next) else {
                break;
            };
            drop(state);
            let mut sink = locked(&sink);
            let result = (sink.0)(done);
            let failed = result.is_err();
            if failed {
                sink.1 = result;
            }
            drop(sink);
            state = locked(&turns);
            state.stopped |= failed;
            state.next += 1;
            // The system is asked each time, also where nobody waits.
            if state.asleep > 0 {
                changed.notify_all();
            }
        }
        state.is_feeding = false;
    };
    let thread = || {
        let _guard = StopOnPanic(&turns, &changed);
        loop {
            let mut source = locked(&source);
            if locked(&turns).stopped {
                return;
            }
            let Some(job) = (source.1)() else { return };
            let number = source.0;
            source.0 += 1;
            if is_large(&job) {
                feed(number, work(job));
                drop(source);
            } else {
                drop(source);
                feed(number, work(job));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(thread);
        }
        thread();
    });
    sink.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets nobody wait for a thread that has panicked.
struct StopOnPanic<'a, D>(&'a Mutex<Turns<D>>, &'a Condvar);

impl<D> Drop for StopOnPanic<'_, D> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            locked(self.0).stopped = true;
            self.1.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 7] {
            let mut jobs = 0..500u64;
            let mut results = Vec::new();
            let done: Result<(), ()> = run(
                threads,
                || jobs.next(),
                |job| job % 50 == 0,
                |job| {
                    std::thread::sleep(Duration::from_micros(job * 7919 % 300));
                    job * 2
                },
                |done| {
                    results.push(done);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!(results, (0..500).map(|job| job * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn error_of_the_sink_ends_the_run() {
        for threads in [1, 3] {
            let mut taken = 0;
            let done = run(
                threads,
                || {
                    taken += 1;
                    Some(taken)
                },
                |_| false,
                |job| job,
                |done| if done < 10 { Ok(()) } else { Err(done) },
            );
            assert_eq!(done, Err(10));
        }
    }

    #[test]
    fn panic_of_a_thread_leaves_nobody_waiting() {
        let work = std::panic::catch_unwind(|| {
            let mut jobs = 0..100;
            run(
                3,
                || jobs.next(),
                |_| false,
                |job| assert_ne!(job, 20, "this is the panic of the test"),
                |()| Ok::<(), ()>(()),
            )
        });
        assert!(work.is_err());
    }
}
