//! Jobs on threads with big stacks, under a watch.
//!
//! There are texts of a few bytes that the parser doesn't end on, and a thread can't be stopped from outside. The scan
//! before parsing refuses those that are known by their shape; a thread that takes too long with one all the same is
//! left behind with it, and another does the rest. This is the one place where a clock decides, and only over files
//! that nobody waits for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Every job that was given up halves the patience with the others, down to this, so that the run ends.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);

/// How often the watch looks at what the threads do.
const ROUND: Duration = Duration::from_millis(100);

/// The threads to be had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crew {
    /// How many.
    pub(crate) threads: usize,
    /// The stack of each, in bytes; only the pages that are used cost memory.
    pub(crate) stack: usize,
    /// How long a job may take.
    pub(crate) patience: Duration,
}

/// What became of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome<T> {
    /// It was done.
    Done(T),
    /// It took too long, and its thread was left behind.
    GivenUp,
    /// There was no thread for it.
    NoThread,
}

/// Does `job` for each number below `count`, and gives what became of each.
pub(crate) fn run<T, J>(crew: Crew, count: usize, job: J) -> Vec<Outcome<T>>
where
    T: Send + 'static,
    J: Fn(usize) -> T + Send + Sync + 'static,
{
    let mut outcomes: Vec<Option<Outcome<T>>> = (0..count).map(|_| None).collect();
    let (done, results) = mpsc::channel();
    let shared = Arc::new(Shared { next: AtomicUsize::new(0), count, job });
    let mut watch = Watch { crew, shared, done, posts: Vec::new(), patience: crew.patience };
    for _ in 0..crew.threads.clamp(1, count.max(1)) {
        watch.hire();
    }
    let mut open = count;
    while open > 0 && !watch.posts.is_empty() {
        match results.recv_timeout(ROUND) {
            Ok((index, result)) => {
                open -= settle(&mut outcomes, index, Outcome::Done(result));
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                for index in watch.overdue() {
                    open -= settle(&mut outcomes, index, Outcome::GivenUp);
                    watch.hire();
                }
            }
        }
    }
    outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::NoThread)).collect()
}

/// Notes what became of a job, unless that is known already; how many jobs it settles.
fn settle<T>(outcomes: &mut [Option<Outcome<T>>], index: usize, outcome: Outcome<T>) -> usize {
    match outcomes.get_mut(index) {
        Some(place @ None) => {
            *place = Some(outcome);
            1
        }
        _ => 0,
    }
}

/// What the threads share.
struct Shared<J> {
    next: AtomicUsize,
    count: usize,
    job: J,
}

/// What a thread is at, and since when.
type Post = Arc<Mutex<Option<(usize, Instant)>>>;

/// Who watches the threads.
struct Watch<T, J> {
    crew: Crew,
    shared: Arc<Shared<J>>,
    done: Sender<(usize, T)>,
    posts: Vec<Post>,
    patience: Duration,
}

impl<T, J> Watch<T, J>
where
    T: Send + 'static,
    J: Fn(usize) -> T + Send + Sync + 'static,
{
    /// Starts a thread, if the system gives one.
    fn hire(&mut self) {
        let post = Post::default();
        let (shared, done, own) = (Arc::clone(&self.shared), self.done.clone(), Arc::clone(&post));
        let work = move || {
            loop {
                let index = shared.next.fetch_add(1, Ordering::Relaxed);
                if index >= shared.count {
                    return;
                }
                set(&own, Some((index, Instant::now())));
                let result = (shared.job)(index);
                set(&own, None);
                if done.send((index, result)).is_err() {
                    return;
                }
            }
        };
        if std::thread::Builder::new().stack_size(self.crew.stack).spawn(work).is_ok() {
            self.posts.push(post);
        }
    }

    /// The jobs that take too long; their threads are watched no more.
    fn overdue(&mut self) -> Vec<usize> {
        let mut overdue = Vec::new();
        let patience = &mut self.patience;
        self.posts.retain(|post| {
            let at = *post.lock().unwrap_or_else(PoisonError::into_inner);
            match at {
                Some((index, since)) if since.elapsed() > *patience => {
                    overdue.push(index);
                    *patience = (*patience / 2).max(LEAST_PATIENCE);
                    false
                }
                _ => true,
            }
        });
        overdue
    }
}

fn set(post: &Post, at: Option<(usize, Instant)>) {
    *post.lock().unwrap_or_else(PoisonError::into_inner) = at;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Crew, Outcome, run};

    const CREW: Crew = Crew { threads: 3, stack: 1 << 20, patience: Duration::from_mins(10) };

    #[test]
    fn jobs_are_done_in_their_order_of_numbers() {
        let outcomes = run(CREW, 100, |index| index * 2);
        assert!(outcomes.into_iter().enumerate().all(|(index, outcome)| outcome == Outcome::Done(index * 2)));
        assert_eq!(run(CREW, 0, |index| index), []);
    }

    #[test]
    fn a_thread_that_cannot_be_had_is_said() {
        let outcomes = run(Crew { stack: usize::MAX / 4, ..CREW }, 2, |index| index);
        assert_eq!(outcomes, [Outcome::NoThread, Outcome::NoThread]);
    }

    #[test]
    fn a_job_that_does_not_end_is_given_up() {
        let hasty = Crew { threads: 1, patience: Duration::from_millis(500), ..CREW };
        let outcomes = run(hasty, 2, |index| {
            if index == 0 {
                std::thread::sleep(Duration::from_hours(1));
            }
            index
        });
        assert_eq!(outcomes, [Outcome::GivenUp, Outcome::Done(1)]);
    }
}
