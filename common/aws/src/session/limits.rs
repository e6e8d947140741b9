//! The number of concurrent operations of a service: fewer after AWS throttled one, more again as
//! operations succeed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The minimum time between two reductions: one burst causes one reduction.
const PAUSE: Duration = Duration::from_millis(500);

/// The limit of one service in one session.
#[derive(Debug)]
pub(super) struct Limit {
    semaphore: Semaphore,
    most: usize,
    state: Mutex<LimitState>,
}

#[derive(Debug)]
struct LimitState {
    /// The number of allowed operations.
    allowed: usize,
    /// The number of permits that are not reused when they are returned.
    excess: usize,
    reduced: Option<Instant>,
}

/// A permit for one operation.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    limit: &'a Limit,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        if state.excess > 0 {
            state.excess -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

impl Limit {
    pub(super) fn new(most: usize) -> Self {
        let state = LimitState { allowed: most, excess: 0, reduced: None };
        Self { semaphore: Semaphore::new(most), most, state: Mutex::new(state) }
    }

    pub(super) async fn acquire(&self) -> Permit<'_> {
        Permit { limit: self, permit: self.semaphore.acquire().await.ok() }
    }

    /// AWS throttled an operation: the limit is halved, but is at least one.
    pub(super) fn throttled(&self) {
        let mut state = self.state();
        if state.reduced.is_some_and(|reduced| reduced.elapsed() < PAUSE) {
            return;
        }
        state.reduced = Some(Instant::now());
        let fewer = (state.allowed / 2).max(1);
        let surplus = state.allowed - fewer;
        state.allowed = fewer;
        state.excess += surplus - self.semaphore.forget_permits(surplus);
    }

    /// An operation succeeded: the limit is raised by one.
    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        if state.allowed == self.most {
            return;
        }
        state.allowed += 1;
        if state.excess > 0 {
            state.excess -= 1;
        } else {
            self.semaphore.add_permits(1);
        }
    }

    fn state(&self) -> MutexGuard<'_, LimitState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn throttling_halves_and_success_restores() {
        let limit = Limit::new(8);
        let held = [limit.acquire().await, limit.acquire().await, limit.acquire().await];
        limit.throttled();
        limit.throttled();
        assert_eq!(limit.semaphore.available_permits(), 1, "4 in all, 3 of them taken");
        limit.state().reduced = None;
        limit.throttled();
        let (allowed, excess) = {
            let state = limit.state();
            (state.allowed, state.excess)
        };
        assert_eq!((allowed, excess), (2, 1));
        drop(held);
        assert_eq!(limit.semaphore.available_permits(), 2);
        for _ in 0..20 {
            limit.succeeded();
        }
        assert_eq!(limit.semaphore.available_permits(), 8);
    }

    #[tokio::test]
    async fn one_may_always_be_under_way() {
        let limit = Limit::new(2);
        for _ in 0..5 {
            limit.state().reduced = None;
            limit.throttled();
        }
        assert_eq!(limit.semaphore.available_permits(), 1);
    }
}
