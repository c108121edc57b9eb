//! Work on many threads whose results come in the order of the jobs.
//!
//! A thread takes a job from the source, which one thread at a time may ask; works on it; and hands
//! the result to the sink, which sees results one at a time, in the order in which the jobs were
//! taken. So what the sink makes of them does not depend on the number of threads.
//!
//! The thread that asked the source last takes a few jobs ahead of the others, who ask it only where
//! there are none: what a source decompresses with is large, and costs half again where each thread has
//! to bring it into its own cache.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

/// Results that wait for their turn, for each thread: with more a thread waits itself.
const WAITING: usize = 2;
/// Jobs that are taken and wait for a thread.
const AHEAD: usize = 3;

/// The jobs and the results that wait, and who does what.
struct State<J, D> {
    /// How many jobs were taken, and those that wait.
    taken: u64,
    jobs: VecDeque<(u64, J)>,
    /// The thread that asked the source last.
    asker: usize,
    /// Whether a thread is asking the source, or does a large job before it asks again.
    is_asking: bool,
    /// Whether the source has no more jobs.
    is_over: bool,
    /// The number of the job whose result the sink takes next.
    next: u64,
    results: BTreeMap<u64, D>,
    /// Whether a thread is feeding the sink.
    is_feeding: bool,
    /// How many threads wait for others.
    asleep: usize,
    /// Whether to stop, because of an error or a panic.
    stopped: bool,
}

/// The state, for all threads.
struct Shared<J, D> {
    state: Mutex<State<J, D>>,
    changed: Condvar,
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
    let source = Mutex::new(source);
    let sink = Mutex::new((sink, Ok(())));
    let shared = Shared {
        state: Mutex::new(State {
            taken: 0,
            jobs: VecDeque::new(),
            asker: 0,
            is_asking: false,
            is_over: false,
            next: 0,
            results: BTreeMap::new(),
            is_feeding: false,
            asleep: 0,
            stopped: false,
        }),
        changed: Condvar::new(),
    };

    let feed = |number: u64, done: D| {
        let mut state = shared.lock();
        // The result whose turn it is never waits, so that there is always somebody who feeds.
        while !state.stopped && state.next != number && state.results.len() >= WAITING * threads {
            state = shared.wait(state);
        }
        state.results.insert(number, done);
        if state.is_feeding {
            return;
        }
        state.is_feeding = true;
        while !state.stopped {
            let next = state.next;
            let Some(done) = state.results.remove(&next) else {
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
            state = shared.lock();
            state.stopped |= failed;
            state.next += 1;
            shared.tell(&state);
        }
        state.is_feeding = false;
    };
    let thread = |own: usize| {
        let _guard = StopOnPanic(&shared);
        // With one thread nobody takes what is taken ahead.
        let ahead = if threads > 1 { AHEAD } else { 1 };
        let mut state = shared.lock();
        while !state.stopped {
            let most = if state.asker == own { ahead } else { 1 };
            if !state.is_asking && !state.is_over && state.jobs.len() < most {
                (state.is_asking, state.asker) = (true, own);
                drop(state);
                let job = locked(&source)();
                let is_large = job.as_ref().is_some_and(&is_large);
                state = shared.lock();
                let number = state.taken;
                state.taken += 1;
                match job {
                    Some(job) if is_large => {
                        drop(state);
                        feed(number, work(job));
                        state = shared.lock();
                    }
                    Some(job) => state.jobs.push_back((number, job)),
                    None => state.is_over = true,
                }
                state.is_asking = false;
                shared.tell(&state);
            } else if let Some((number, job)) = state.jobs.pop_front() {
                drop(state);
                feed(number, work(job));
                state = shared.lock();
            } else if state.is_over {
                return;
            } else {
                state = shared.wait(state);
            }
        }
    };
    std::thread::scope(|scope| {
        for own in 1..threads {
            let thread = &thread;
            let spawned = Builder::new().spawn_scoped(scope, move || thread(own));
            if spawned.is_err() {
                // The system gives no more of them: those that there are do all the work.
                break;
            }
        }
        thread(0);
    });
    sink.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

impl<J, D> Shared<J, D> {
    fn lock(&self) -> MutexGuard<'_, State<J, D>> {
        locked(&self.state)
    }

    /// Waits until another thread has changed the state.
    fn wait<'a>(&self, mut state: MutexGuard<'a, State<J, D>>) -> MutexGuard<'a, State<J, D>> {
        state.asleep += 1;
        state = self
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
        state.asleep -= 1;
        state
    }

    /// Tells those who wait that the state has changed.
    fn tell(&self, state: &State<J, D>) {
        // The system is asked each time, also where nobody waits.
        if state.asleep > 0 {
            self.changed.notify_all();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets nobody wait for a thread that has panicked.
struct StopOnPanic<'a, J, D>(&'a Shared<J, D>);

impl<J, D> Drop for StopOnPanic<'_, J, D> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().stopped = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;
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
    fn nothing_is_taken_before_a_large_job_is_done() {
        for threads in [1, 2, 7] {
            let taken = AtomicU64::new(0);
            let wrong = AtomicU64::new(0);
            let done: Result<(), ()> = run(
                threads,
                || Some(taken.fetch_add(1, Relaxed)).filter(|&job| job < 200),
                |job| job % 10 == 0,
                |job| {
                    let before = taken.load(Relaxed);
                    std::thread::sleep(Duration::from_micros(200));
                    let is_large = job % 10 == 0;
                    let is_next = before == job + 1 && taken.load(Relaxed) == before;
                    wrong.fetch_add(u64::from(is_large && !is_next), Relaxed);
                },
                |()| Ok(()),
            );
            assert_eq!((done, wrong.into_inner()), (Ok(()), 0));
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
