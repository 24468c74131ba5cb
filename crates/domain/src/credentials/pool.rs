//! Threads that do nothing but compute passwords, with a fair queue.
//!
//! A computation takes a core for about 20 ms. All requests of all operators share these threads, so
//! operators take turns: one that is flooded waits in its own queue and delays nobody else.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use base::kernel::{Error, Result};

use super::hashing::{self, Scratch};

/// Computations waiting at most, for one operator and for all together.
const MOST_WAITING: usize = 64;
const MOST_TOGETHER: usize = 256;
/// A thread without work gives its 19 MiB back after this long.
const IDLE: Duration = Duration::from_secs(3);
/// A password has at least this many characters, and its NFKC form at most this many bytes.
const FEWEST_CHARACTERS: usize = 12;
const MOST_BYTES: usize = 1024;

enum Work {
    Verify { password: String, stored: Option<String> },
    Hash { password: String },
}

enum Answer {
    Verified(bool),
    Hashed(String),
}

struct Job {
    work: Work,
    answer: SyncSender<Result<Answer>>,
}

#[derive(Default)]
struct Queue {
    waiting: HashMap<Arc<str>, VecDeque<Job>>,
    /// Operators with work waiting, in the order of their turns.
    turns: VecDeque<Arc<str>>,
    count: usize,
    closed: bool,
}

impl Queue {
    fn push(&mut self, operator: &str, job: Job) -> Result<()> {
        let mine = self.waiting.get(operator).map_or(0, VecDeque::len);
        if mine >= MOST_WAITING || self.count >= MOST_TOGETHER {
            metrics::counter!("aikagi_passwords_refused_total").increment(1);
            let wait = Duration::from_secs(2);
            return Err(Error::TooMany { code: "password.busy", wait });
        }
        let operator: Arc<str> = operator.into();
        if mine == 0 {
            self.turns.push_back(Arc::clone(&operator));
        }
        self.waiting.entry(operator).or_default().push_back(job);
        self.count += 1;
        Ok(())
    }

    /// The next job of the operator whose turn it is; the operator goes to the end of the line.
    fn pop(&mut self) -> Option<Job> {
        let operator = self.turns.pop_front()?;
        let mine = self.waiting.get_mut(&operator)?;
        let job = mine.pop_front();
        if mine.is_empty() {
            self.waiting.remove(&operator);
        } else {
            self.turns.push_back(operator);
        }
        self.count = self.count.saturating_sub(1);
        job
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

/// The pool. One for the process; its threads end with it.
pub struct Passwords {
    shared: Arc<Shared>,
}

impl Passwords {
    /// Starts `threads` threads: as many as there are cores.
    ///
    /// # Errors
    /// `internal` when no thread can be started.
    pub fn start(threads: usize) -> Result<Arc<Self>> {
        let shared = Arc::new(Shared::default());
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || compute_loop(&shared))
                .map_err(Error::internal)?;
        }
        Ok(Arc::new(Self { shared }))
    }

    /// Whether `password` is the one `stored` was made of; without `stored` (nobody has that login
    /// id) the same time passes and the answer is no. Waits for its turn: never call it inside a
    /// transaction or on a thread of the runtime.
    ///
    /// # Errors
    /// `password.busy` when the operator's queue is full.
    pub fn verify(&self, operator: &str, password: &str, stored: Option<String>) -> Result<bool> {
        // Longer than any we take: not worth a core, and long for everybody alike.
        if password.len() > MOST_BYTES * 4 {
            return Ok(false);
        }
        let work = Work::Verify { password: password.to_owned(), stored };
        match self.wait_for(operator, work)? {
            Answer::Verified(same) => Ok(same),
            Answer::Hashed(_) => Err(Error::internal("a password was hashed, not verified")),
        }
    }

    /// The hash to store for a new password, as a PHC string. Waits like [`Passwords::verify`].
    ///
    /// # Errors
    /// `password.too_short`, `password.too_long`; `password.busy`.
    pub fn hash(&self, operator: &str, password: &str) -> Result<String> {
        check_new_password(password)?;
        let work = Work::Hash { password: password.to_owned() };
        match self.wait_for(operator, work)? {
            Answer::Hashed(hash) => Ok(hash),
            Answer::Verified(_) => Err(Error::internal("a password was verified, not hashed")),
        }
    }

    fn wait_for(&self, operator: &str, work: Work) -> Result<Answer> {
        let (answer, answered) = sync_channel(1);
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(operator, Job { work, answer })?;
        drop(queue);
        self.shared.wake.notify_one();
        answered.recv().map_err(|_| Error::unavailable("passwords", "the pool ended"))?
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.wake.notify_all();
    }
}

fn compute_loop(shared: &Shared) {
    let mut scratch = Scratch::default();
    while let Some(Job { work, answer }) = next_job(shared, &mut scratch) {
        let computed = match &work {
            Work::Verify { password, stored } => {
                hashing::verify(password, stored.as_deref(), &mut scratch).map(Answer::Verified)
            }
            Work::Hash { password } => hashing::hash(password, &mut scratch).map(Answer::Hashed),
        };
        let _caller_gone = answer.send(computed);
    }
}

fn next_job(shared: &Shared, scratch: &mut Scratch) -> Option<Job> {
    let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if queue.closed {
            return None;
        }
        if let Some(job) = queue.pop() {
            return Some(job);
        }
        if scratch.is_empty() {
            queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let (again, waited) =
            shared.wake.wait_timeout(queue, IDLE).unwrap_or_else(PoisonError::into_inner);
        queue = again;
        if waited.timed_out() {
            scratch.release();
        }
    }
}

/// Whether a new password may be taken: 12 characters or more, no other rule, nothing expires.
///
/// # Errors
/// `password.too_short`, `password.too_long`
///
/// Source: brief tve §12.3, NIST SP 800-63B §5.1.1.2.
pub fn check_new_password(password: &str) -> Result<()> {
    if password.chars().count() < FEWEST_CHARACTERS {
        return Err(Error::invalid("password.too_short", "password"));
    }
    if password.len() > MOST_BYTES {
        return Err(Error::invalid("password.too_long", "password"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let (answer, _) = sync_channel(1);
        Job { work: Work::Hash { password: String::new() }, answer }
    }

    #[test]
    fn operators_take_turns_whatever_one_of_them_sends() {
        let mut queue = Queue::default();
        for _ in 0..3 {
            queue.push("KITA01", job()).unwrap();
        }
        queue.push("MINA01", job()).unwrap();
        let mut order = Vec::new();
        while let Some(next) = queue.turns.front().map(Arc::clone) {
            order.push(next);
            queue.pop().unwrap();
        }
        assert_eq!(
            order.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
            ["KITA01", "MINA01", "KITA01", "KITA01"]
        );
        assert_eq!((queue.count, queue.waiting.len()), (0, 0));
    }

    #[test]
    fn a_flooded_operator_is_refused_and_another_is_not() {
        let mut queue = Queue::default();
        for _ in 0..MOST_WAITING {
            queue.push("KITA01", job()).unwrap();
        }
        assert_eq!(queue.push("KITA01", job()).unwrap_err().code(), "password.busy");
        queue.push("MINA01", job()).unwrap();
    }

    #[test]
    fn the_pool_answers_many_callers() {
        let pool = Passwords::start(2).unwrap();
        let stored = pool.hash("KITA01", "correct horse battery").unwrap();
        let answers: Vec<bool> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..6)
                .map(|number| {
                    let (pool, stored) = (Arc::clone(&pool), stored.clone());
                    scope.spawn(move || {
                        let password =
                            if number % 2 == 0 { "correct horse battery" } else { "wrong" };
                        pool.verify("KITA01", password, Some(stored)).unwrap()
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!(answers, [true, false, true, false, true, false]);
    }

    #[test]
    fn length_is_the_only_rule() {
        assert_eq!(check_new_password("みじかい").unwrap_err().code(), "password.too_short");
        check_new_password("みじかくないことばです。").unwrap();
        let long = "a".repeat(1025);
        assert_eq!(check_new_password(&long).unwrap_err().code(), "password.too_long");
    }
}
