//! Threads that do nothing but compute passwords, with a fair queue.
//!
//! A computation takes a core for about 20 ms. All requests of all operators share these threads, so
//! operators take turns: one that is flooded waits in its own queue and delays nobody else. When all
//! queues together are full the longest one gives up its newest, so that floods push out floods.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use base::kernel::{Error, Result};

use super::cost::Cost;
use super::guessable::is_guessable;
use super::hashing::{self, Compared, Scratch};
use super::leaked::Leaked;

/// Computations waiting at most, for one operator and for all together.
const MOST_WAITING: usize = 64;
const MOST_TOGETHER: usize = 256;
/// A thread without work gives its memory (19 MiB and more) back after this long.
const IDLE: Duration = Duration::from_secs(3);
/// How far computations stand behind other work (Linux: 0 to 19). At 10 they still have a tenth of a core
/// that others want whole.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;
/// A password has at least this many characters, and its NFKC form at most this many bytes.
const FEWEST_CHARACTERS: usize = 12;
/// With a second factor that was proved as well, it may be this short.
const FEWEST_BESIDE_SECOND: usize = 8;
const MOST_BYTES: usize = 1024;

enum Work {
    Verify { password: String, stored: Option<String> },
    Hash { password: String },
}

enum Answer {
    Verified(Compared),
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
        let full = self.count >= MOST_TOGETHER;
        if mine >= MOST_WAITING || (full && !self.make_room(mine)) {
            return Err(busy());
        }
        let operator: Arc<str> = operator.into();
        if mine == 0 {
            self.turns.push_back(Arc::clone(&operator));
        }
        self.waiting.entry(operator).or_default().push_back(job);
        self.count += 1;
        Ok(())
    }

    /// Refuses the newest job of the longest queue, if that is longer than one of `mine` and another
    /// would be. Whoever has nothing waiting is let in in any case: that is one job an operator.
    fn make_room(&mut self, mine: usize) -> bool {
        let longest = self.waiting.values_mut().max_by_key(|queue| queue.len());
        let Some(longest) = longest.filter(|queue| queue.len() > mine + 1) else {
            return mine == 0;
        };
        if let Some(job) = longest.pop_back() {
            let _caller_gone = job.answer.send(Err(busy()));
            self.count = self.count.saturating_sub(1);
        }
        true
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

fn busy() -> Error {
    metrics::counter!("aikagi_passwords_refused_total").increment(1);
    Error::TooMany { code: "password.busy", wait: Duration::from_secs(2) }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

/// The pool. One for the process; its threads end with it.
pub struct Passwords {
    shared: Arc<Shared>,
    leaked: Option<Leaked>,
}

impl Passwords {
    /// Starts `threads` threads: as many as there are cores.
    ///
    /// # Errors
    /// `internal` when no thread can be started.
    pub fn start(threads: usize) -> Result<Arc<Self>> {
        Self::start_with(threads, Cost::default(), None)
    }

    /// The same with new hashes of this `cost`, and new passwords that are among `leaked` are refused.
    ///
    /// # Errors
    /// `internal` when no thread can be started.
    pub fn start_with(threads: usize, cost: Cost, leaked: Option<Leaked>) -> Result<Arc<Self>> {
        let shared = Arc::new(Shared::default());
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || compute_loop(&shared, cost))
                .map_err(Error::internal)?;
        }
        Ok(Arc::new(Self { shared, leaked }))
    }

    /// Whether `password` is the one `stored` was made of; without `stored` (nobody has that login
    /// id) the same time passes and the answer is no. Waits for its turn: never call it inside a
    /// transaction or on a thread of the runtime.
    ///
    /// # Errors
    /// `password.busy` when the operator's queue is full.
    pub fn verify(
        &self,
        operator: &str,
        password: &str,
        stored: Option<String>,
    ) -> Result<Compared> {
        // Longer than any we take is nobody's; it costs what a wrong one costs.
        let (password, stored) =
            if password.len() > MOST_BYTES * 4 { ("", None) } else { (password, stored) };
        let work = Work::Verify { password: password.to_owned(), stored };
        match self.wait_for(operator, work)? {
            Answer::Verified(verified) => Ok(verified),
            Answer::Hashed(_) => Err(Error::internal("a password was hashed, not verified")),
        }
    }

    /// The hash to store for a new password, as a PHC string. Waits like [`Passwords::verify`].
    ///
    /// # Errors
    /// `password.too_short`, `password.too_long`; `password.common`, also for one that is known to be in somebody's
    /// hands; `password.busy`; `unavailable` when the file of those can not be read.
    pub fn hash(&self, operator: &str, password: &str, beside: Beside) -> Result<String> {
        check_password_of(password, &[], beside)?;
        if let Some(leaked) = &self.leaked
            && leaked.contains(password)?
        {
            return Err(Error::invalid("password.common", "password"));
        }
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

fn compute_loop(shared: &Shared, cost: Cost) {
    stand_back();
    let mut scratch = Scratch::new(cost);
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

/// Lets every other thread of the process go before this one, where the system knows priorities of threads:
/// a computation keeps its core for a whole slice otherwise, and what is answered in microseconds waits
/// behind it.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "passwords are computed at the priority of all other work");
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

/// What a person proves beside a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing: the password is all there is between their account and who guesses.
    Nothing,
    /// A second factor, just now.
    SecondFactor,
}

/// Whether a password is one that only goes with a second factor.
pub(crate) fn is_short(password: &str) -> bool {
    password.chars().count() < FEWEST_CHARACTERS
}

/// Whether a new password may be taken: 12 characters or more, and not what everybody tries first. No rule
/// about kinds of characters; nothing expires.
///
/// # Errors
/// `password.too_short`, `password.too_long`, `password.common`
///
/// Source: brief tve §12.3, NIST SP 800-63B §5.1.1.2.
pub fn check_new_password(password: &str) -> Result<()> {
    check_password_of(password, &[], Beside::Nothing)
}

/// As [`check_new_password`], for somebody of whom these words are known: the login id, names. With a second factor
/// 8 characters are enough.
///
/// # Errors
/// Those of [`check_new_password`].
pub fn check_password_of(password: &str, known: &[&str], beside: Beside) -> Result<()> {
    let fewest = match beside {
        Beside::Nothing => FEWEST_CHARACTERS,
        Beside::SecondFactor => FEWEST_BESIDE_SECOND,
    };
    if password.chars().count() < fewest {
        return Err(Error::invalid("password.too_short", "password"));
    }
    if password.len() > MOST_BYTES {
        return Err(Error::invalid("password.too_long", "password"));
    }
    if is_guessable(password, known) {
        return Err(Error::invalid("password.common", "password"));
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
    fn with_any_number_of_operators_flooded_the_first_try_at_another_is_computed() {
        for flooded in (1..=12).chain([63, 64, 65, 255, 256, 257, 400]) {
            let mut queue = Queue::default();
            for round in 0..MOST_WAITING + 1 {
                for number in 0..flooded {
                    let pushed = queue.push(&format!("FLOOD{number}"), job());
                    assert!(round > 0 || pushed.is_ok(), "{flooded}: {number} was not flooded yet");
                }
            }
            let (answer, answered) = sync_channel(1);
            let work = Work::Hash { password: String::new() };
            queue.push("MINA01", Job { work, answer }).unwrap();
            assert!(queue.count <= MOST_TOGETHER.max(flooded + 1), "{flooded}: {}", queue.count);
            let turn = queue.turns.iter().position(|one| &**one == "MINA01").unwrap();
            for _ in 0..turn {
                queue.pop().unwrap();
            }
            let mine = queue.pop().unwrap();
            let right = Compared { same: true, renewed: None };
            mine.answer.send(Ok(Answer::Verified(right))).unwrap();
            assert!(answered.try_recv().unwrap().is_ok(), "{flooded}");
        }
    }

    #[test]
    fn who_is_pushed_out_of_a_full_queue_is_told_so() {
        let mut queue = Queue::default();
        let mut answers = Vec::new();
        for number in 0..MOST_TOGETHER {
            let (answer, answered) = sync_channel(1);
            let work = Work::Hash { password: String::new() };
            let operator = format!("OP{}", number % 4);
            queue.push(&operator, Job { work, answer }).unwrap();
            answers.push(answered);
        }
        queue.push("MINA01", job()).unwrap();
        let told: Vec<_> = answers.iter().filter_map(|one| one.try_recv().ok()).collect();
        let codes: Vec<_> = told.into_iter().map(|one| one.err().unwrap().code()).collect();
        assert_eq!(codes, ["password.busy"]);
        assert_eq!(queue.count, MOST_TOGETHER);
    }

    #[test]
    fn a_password_too_long_to_be_anybodys_waits_and_costs_like_a_wrong_one() {
        let stored = || Some("$argon2id$not even read".to_owned());
        let long = "a".repeat(MOST_BYTES * 4 + 1);
        let pool = Passwords::start(1).unwrap();
        assert!(!pool.verify("KITA01", &long, stored()).unwrap().same);

        let nobody_computes = Passwords { shared: Arc::new(Shared::default()), leaked: None };
        let mut queue = nobody_computes.shared.queue.lock().unwrap();
        for _ in 0..MOST_WAITING {
            queue.push("KITA01", job()).unwrap();
        }
        drop(queue);
        let refused = nobody_computes.verify("KITA01", &long, stored()).unwrap_err();
        assert_eq!(refused.code(), "password.busy", "it stands in line");
    }

    #[test]
    fn the_pool_answers_many_callers() {
        let pool = Passwords::start(2).unwrap();
        let stored = pool.hash("KITA01", "correct horse battery", Beside::Nothing).unwrap();
        let answers: Vec<bool> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..6)
                .map(|number| {
                    let (pool, stored) = (Arc::clone(&pool), stored.clone());
                    scope.spawn(move || {
                        let password =
                            if number % 2 == 0 { "correct horse battery" } else { "wrong" };
                        pool.verify("KITA01", password, Some(stored)).unwrap().same
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
        let beside = |password| check_password_of(password, &[], Beside::SecondFactor);
        assert_eq!(beside("x7Gp2vQ").unwrap_err().code(), "password.too_short");
        assert_eq!(beside("sakura12").unwrap_err().code(), "password.common");
        beside("x7Gp2vQm").unwrap();
        assert_eq!(check_new_password("x7Gp2vQm").unwrap_err().code(), "password.too_short");
        assert!(is_short("x7Gp2vQm") && !is_short("みじかくないことばです。"));
        let long = "a".repeat(1025);
        assert_eq!(check_new_password(&long).unwrap_err().code(), "password.too_long");
    }
}
