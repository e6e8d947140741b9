//! Reads the facts of one account, each once, for any number of controls.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::assess::item_resource;
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::engine::{Job, Outcome, Round, Unseen};
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::Fact;
use tokio::sync::OnceCell;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use crate::collect::{self, ReadTarget};
use crate::memory::{MemoryLimit, RunMemory};
use crate::session::Session;
use crate::stop::{Stop, StopCause};

/// The maximum number of times that a control can request more facts. The longest chain (trail, log
/// group, metric filter, alarm, topic) takes six rounds.
const ROUNDS: usize = 16;

/// The number of facts that a control reads at the same time. Each is a task with its own request,
/// so more tasks would only wait for the limits of the services, and use memory.
const AT_ONCE: usize = 64;

/// The maximum wait before a throttled fact is read again, in a run with a time limit. When the
/// time is over, the fact is out of time, and the next run starts with it.
const THROTTLED_WAIT: Duration = Duration::from_secs(10);

/// The minimum time for decisions and publishing. Each resource adds to it.
const RESERVE: Duration = Duration::from_secs(15);
const RESERVE_A_RESOURCE: Duration = Duration::from_millis(10);
const LONGEST_RESERVE: Duration = Duration::from_secs(100);

/// The facts that are read first if the time may not suffice for all.
#[derive(Clone, Default)]
pub struct ReadOrder(Option<Arc<Rank>>);

/// The rank of a fact.
type Rank = dyn Fn(&Key) -> i64 + Send + Sync;

impl ReadOrder {
    /// Reads facts with a smaller rank first.
    pub fn by_rank(rank: impl Fn(&Key) -> i64 + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(rank)))
    }

    fn sort(&self, keys: &mut [Key]) {
        if let Some(rank) = &self.0 {
            keys.sort_by_cached_key(|key| rank(key));
        }
    }
}

impl std::fmt::Debug for ReadOrder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ReadOrder({})", if self.0.is_some() { "by rank" } else { "by key" })
    }
}

/// The limits after which reading stops. Facts that were not read are not assessed.
#[derive(Clone, Debug, Default)]
pub struct ReadLimits {
    /// When the run ends. Reading stops when only the time for decisions and publishing remains.
    pub deadline: Option<Instant>,
    /// The memory of the process. A part of it is reserved for decisions and publishing.
    pub memory: Option<MemoryLimit>,
    /// The order of reads.
    pub order: ReadOrder,
    /// An external stop.
    pub stop: Option<Stop>,
}

/// A fact that is read at most once, however many callers need it at the same time.
type Cell = Arc<OnceCell<Arc<Answer<Fact>>>>;

/// Reads the facts of one account. Copies are cheap and share what was read.
#[derive(Clone, Debug)]
pub struct Reader {
    inner: Arc<ReaderInner>,
}

#[derive(Debug)]
struct ReaderInner {
    target: ReadTarget,
    partition: Partition,
    limits: ReadLimits,
    memory: Option<RunMemory>,
    cells: Mutex<HashMap<Key, Cell>>,
    /// The facts that are being read, and since when.
    in_flight: Mutex<HashMap<Key, Instant>>,
}

impl Reader {
    /// Creates a reader without facts. `session` has credentials of `account`. Global services are
    /// called in `home_region`.
    pub fn new(
        session: Session,
        account: AccountId,
        partition: Partition,
        home_region: impl Into<String>,
    ) -> Self {
        let target = ReadTarget { session, account, home_region: home_region.into() };
        let inner = ReaderInner {
            target,
            partition,
            limits: ReadLimits::default(),
            memory: None,
            cells: Mutex::default(),
            in_flight: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sets limits.
    #[must_use]
    pub fn within(self, limits: ReadLimits) -> Self {
        let ReaderInner { target, partition, .. } = &*self.inner;
        let inner = ReaderInner {
            target: target.clone(),
            partition: *partition,
            memory: limits.memory.map(RunMemory::new),
            limits,
            cells: Mutex::new(std::mem::take(&mut self.cells())),
            in_flight: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The call that has waited longest for its response, and the time.
    pub fn longest_wait(&self) -> Option<(Duration, Key)> {
        let in_flight = self.in_flight();
        let (key, since) = in_flight.iter().min_by_key(|(_, since)| **since)?;
        Some((since.elapsed(), key.clone()))
    }

    /// The session of the reader.
    pub fn session(&self) -> &Session {
        &self.inner.target.session
    }

    /// The account of the reader.
    pub fn account(&self) -> &AccountId {
        &self.inner.target.account
    }

    /// The account's partition.
    pub fn partition(&self) -> Partition {
        self.inner.partition
    }

    /// The Region in which global controls run.
    pub fn home_region(&self) -> &str {
        &self.inner.target.home_region
    }

    /// Adds facts that are known from another source, such as a configuration item. They are not
    /// read again.
    pub fn preload(&self, facts: impl IntoIterator<Item = (Key, Fact)>) {
        let known = facts
            .into_iter()
            .map(|(key, fact)| (key, Arc::new(OnceCell::new_with(Some(Arc::new(Ok(fact)))))));
        self.cells().extend(known);
    }

    /// All facts that were read or added, including errors.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for (key, cell) in self.cells().iter() {
            if let Some(answer) = cell.get() {
                facts.insert_shared(key.clone(), Arc::clone(answer));
            }
        }
        facts
    }

    /// Reads a fact. A second caller gets the same result, even if it is an error: the attempts are
    /// already used.
    pub async fn read(&self, key: &Key) -> Arc<Answer<Fact>> {
        let cell = Arc::clone(self.cells().entry(key.clone()).or_default());
        let read = async || {
            let _in_flight = InFlight::begin(self, key);
            let mut answer = collect::fact(&self.inner.target, key).await;
            // No attempts remain, but there is time.
            while self.inner.limits.deadline.is_some()
                && answer.as_ref().is_err_and(|unread| unread.cause == Cause::Throttled)
            {
                sleep(THROTTLED_WAIT.mul_f64(fastrand::f64())).await;
                answer = collect::fact(&self.inner.target, key).await;
            }
            if let Err(unread) = &mut answer {
                if let Some(stop) = &self.inner.limits.stop {
                    stop.note(unread);
                }
                self.log(key, unread);
            }
            Arc::new(answer)
        };
        Arc::clone(cell.get_or_init(read).await)
    }

    /// A resource that no longer exists is a normal result. Everything else is a warning.
    fn log(&self, key: &Key, unread: &ReadError) {
        let ReadError { operation, code, message, .. } = unread;
        if unread.cause == Cause::NotFound {
            tracing::info!(account = %self.account(), %key, operation, code, message, "{unread}");
        } else {
            tracing::warn!(account = %self.account(), %key, operation, code, message, "{unread}");
        }
    }

    /// Runs a job to its end: asks the control, reads what it needs, and asks again. Facts that it
    /// requests together are read at the same time.
    pub async fn complete(&self, job: &Job<'_>) -> Outcome {
        let mut facts = Facts::default();
        let most = AtomicUsize::new(0);
        let is_over = || {
            let last = self.inner.limits.deadline.map(|deadline| {
                deadline.checked_sub(publishing_reserve(most.load(Relaxed))).unwrap_or(deadline)
            });
            last.is_some_and(|last| Instant::now() >= last)
        };
        for _ in 0..ROUNDS {
            match job.step_until(&facts, Some(&is_over)) {
                Round::Done(outcome) => return outcome,
                Round::Needs(missing) => {
                    most.fetch_max(missing.len(), Relaxed);
                    let deadline = self.inner.limits.deadline.map(|deadline| {
                        deadline.checked_sub(reserve(most.load(Relaxed))).unwrap_or(deadline)
                    });
                    self.read_all(missing, &mut facts, deadline).await;
                }
            }
        }
        give_up(job)
    }

    /// Adds facts to those that are available: [`AT_ONCE`] are read at the same time, until the
    /// deadline.
    async fn read_all(&self, keys: BTreeSet<Key>, facts: &mut Facts, deadline: Option<Instant>) {
        let mut waiting = Vec::new();
        for key in keys {
            match self.known(&key) {
                Some(answer) => facts.insert_shared(key, answer),
                None => waiting.push(key),
            }
        }
        self.inner.limits.order.sort(&mut waiting);
        let resources = waiting.len();
        let mut waiting = waiting.into_iter();
        let mut has_memory = true;
        let mut reads = JoinSet::new();
        let mut reading: HashMap<Id, Key> = HashMap::new();
        loop {
            // Measured only sometimes, because it reads a file.
            if has_memory && waiting.len().is_multiple_of(AT_ONCE) {
                let read = resources - waiting.len();
                let is_reached = |memory: RunMemory| memory.is_reached(resources, read);
                has_memory = !self.inner.memory.is_some_and(is_reached);
            }
            while reads.len() < AT_ONCE
                && has_memory
                && self.stopped().is_none()
                && deadline.is_none_or(|deadline| Instant::now() < deadline)
                && let Some(key) = waiting.next()
            {
                let (reader, of) = (self.clone(), key.clone());
                let task = reads.spawn(async move { reader.read(&of).await });
                reading.insert(task.id(), key);
            }
            let read = tokio::select! {
                biased;
                read = reads.join_next_with_id() => read,
                () = end_of(deadline) => break,
                _ = self.stop() => break,
            };
            let Some(read) = read else { break };
            let id = read.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(key) = reading.remove(&id) else { continue };
            match read {
                Ok((_, answer)) => facts.insert_shared(key, answer),
                Err(error) => {
                    tracing::error!(%key, %error, "reading a fact ended in a panic");
                    let unread = unread(&key, Cause::Internal, "InternalError");
                    facts.insert(key, Err(unread));
                }
            }
        }
        let mut cause = (Cause::OutOfTime, "OutOfTime");
        if let Some(stopped) = self.stopped() {
            cause = stopped.unread();
        }
        if let Some(memory) = self.inner.memory.filter(|_| !has_memory) {
            cause = (Cause::OutOfMemory, "OutOfMemory");
            let (unread, megabytes) = (waiting.len(), memory.advice(resources));
            tracing::error!(
                resources,
                unread,
                megabytes,
                "the memory limit was reached: set the memory of the function to at least this \
                 number of MB"
            );
        }
        for key in reading.into_values().chain(waiting) {
            let unread = unread(&key, cause.0, cause.1);
            facts.insert(key, Err(unread));
        }
    }

    fn stopped(&self) -> Option<StopCause> {
        self.inner.limits.stop.as_ref()?.cause()
    }

    /// Waits until reading is stopped.
    async fn stop(&self) -> StopCause {
        match &self.inner.limits.stop {
            Some(stop) => stop.wait().await,
            None => std::future::pending().await,
        }
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<Key, Instant>> {
        self.inner.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, key: &Key) -> Option<Arc<Answer<Fact>>> {
        self.cells().get(key).and_then(|cell| cell.get().cloned())
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<Key, Cell>> {
        self.inner.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fact that is being read.
struct InFlight<'a> {
    reader: &'a Reader,
    key: &'a Key,
}

impl<'a> InFlight<'a> {
    fn begin(reader: &'a Reader, key: &'a Key) -> Self {
        reader.in_flight().insert(key.clone(), Instant::now());
        Self { reader, key }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.reader.in_flight().remove(self.key);
    }
}

/// The time for decisions and publishing of a number of resources.
fn reserve(resources: usize) -> Duration {
    let resources = u32::try_from(resources).unwrap_or(u32::MAX);
    RESERVE.saturating_add(RESERVE_A_RESOURCE.saturating_mul(resources)).min(LONGEST_RESERVE)
}

/// The part of it for publishing.
fn publishing_reserve(resources: usize) -> Duration {
    reserve(resources) * 2 / 3
}

async fn end_of(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The error for a fact without a response from AWS.
fn unread(key: &Key, cause: Cause, code: &str) -> ReadError {
    let operation = key.kind.reads().first().map_or("", |read| read.name);
    ReadError::new(operation, cause, code)
}

/// The outcome of a control that never stops requesting facts.
fn give_up(job: &Job<'_>) -> Outcome {
    let why = NotAssessed::Undetermined(format!(
        "the control requested more facts {ROUNDS} times in a row; report this error"
    ));
    let (resource, unseen) = match job.item {
        Some(item) => (item_resource(item, job.context), Unseen::Untouched),
        None => (job.context.account_resource(), Unseen::Unknown(why.clone())),
    };
    Outcome { evaluations: vec![job.not_assessed(resource, why)], unseen }
}

#[cfg(test)]
mod tests {
    use plumbline_core::assess::AccountControl;
    use plumbline_core::benchmark::{Assessment, ControlId, Scope, Severity};
    use plumbline_core::control::{Control, Run};
    use plumbline_core::evaluation::{Assessed, Compliance, Verdict};
    use plumbline_core::example::{ACCOUNT_ID, Example, REGION, now};
    use plumbline_core::facts::{AccountSummary, FactKind, TrailStatus};
    use plumbline_core::fix::Fix;
    use plumbline_core::parameters::{NoParameters, Values};
    use plumbline_core::register::Register;
    use plumbline_core::view::{Context, View};

    use super::*;

    fn key(number: usize) -> Key {
        Key::resource(FactKind::TrailStatus, REGION, number.to_string())
    }

    /// Requests one trail after the other, until one is not logging.
    struct Curious;

    impl AccountControl for Curious {
        type Parameters = NoParameters;

        fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
            let mut number = 0;
            while view.related::<TrailStatus>(REGION, &number.to_string())?.logging {
                number += 1;
            }
            Ok(Verdict::compliant(format!("number {number}")))
        }

        fn examples() -> Vec<Example> {
            Vec::new()
        }
    }

    static CURIOUS: Control = Control {
        id: ControlId::new("9.9"),
        slug: "curious",
        title: "Asks.",
        doc: String::new,
        level: 1,
        assessment: Assessment::Automated,
        severity: Severity::Low,
        scope: Scope::Global,
        change_triggered: false,
        attestable: false,
        safeguards_v8: &[],
        safeguards_v7: &[],
        since: "0.1.0",
        facts: &[FactKind::TrailStatus],
        fix: |_| Fix::by_hand("nothing is to be done"),
        run: Run::account::<Curious>(),
    };

    fn reader(trails: usize) -> Reader {
        let reader = Reader::new(
            Session::for_tests(),
            AccountId::new(ACCOUNT_ID).expect("an id"),
            Partition::Aws,
            REGION,
        );
        reader.preload((0..trails).map(|number| {
            (
                key(number),
                TrailStatus { logging: number + 1 < trails, ..TrailStatus::default() }.into(),
            )
        }));
        reader
    }

    async fn complete(reader: &Reader) -> Outcome {
        let context = Context {
            account: AccountId::new(ACCOUNT_ID).expect("an id"),
            partition: Partition::Aws,
            region: REGION.to_owned(),
            home_region: REGION.to_owned(),
            now: now(),
        };
        let control = CURIOUS.configure(Values::new()).expect("valid parameters");
        let register = Register::new(Vec::new(), Vec::new());
        reader
            .complete(&Job {
                control: &control,
                context: &context,
                register: &register,
                item: None,
            })
            .await
    }

    #[tokio::test]
    async fn a_job_gets_what_it_wants() {
        let outcome = complete(&reader(5)).await;
        assert_eq!(
            (outcome.evaluations[0].compliance, outcome.evaluations[0].reason.as_str()),
            (Compliance::Compliant, "number 4")
        );
    }

    #[tokio::test]
    async fn a_job_without_end_is_given_up() {
        let outcome = complete(&reader(ROUNDS + 5)).await;
        assert_eq!(outcome.evaluations[0].compliance, Compliance::NotAssessed);
        assert!(matches!(outcome.unseen, Unseen::Unknown(_)));
    }

    #[tokio::test]
    async fn what_is_known_is_shared_and_not_read_again() {
        let reader = reader(2);
        let (first, second) = (reader.read(&key(0)).await, reader.clone().read(&key(0)).await);
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(reader.session().attempts(), 0);
        reader
            .preload([(Key::account(FactKind::AccountSummary), AccountSummary::default().into())]);
        assert_eq!(reader.facts().len(), 3);
    }

    #[tokio::test]
    async fn a_failure_is_an_answer_and_stays() {
        let reader = reader(0);
        let users = Key::account(FactKind::Users);
        let (first, second) = tokio::join!(reader.read(&users), reader.read(&users));
        assert!(first.is_err() && Arc::ptr_eq(&first, &second));
    }
}
