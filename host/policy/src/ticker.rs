//! The clock behind time limits: one thread that advances the engine's epoch.
//!
//! It runs only while rules do. After a second without an evaluation it sleeps until the next one
//! wakes it, so an idle host wakes no processor.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::EngineWeak;

/// How precisely a time limit is kept.
pub const TICK: Duration = Duration::from_millis(5);

/// Ticks without an evaluation after which the thread sleeps.
const IDLE_TICKS: u32 = 200;

pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    running: AtomicU64,
    asleep: AtomicBool,
    stop: Mutex<bool>,
    wake: Condvar,
}

impl Ticker {
    pub(crate) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new()
            .name("bijotel-ticker".into())
            .stack_size(64 << 10)
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run(&engine)
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Time passes for rules as long as the returned value lives.
    pub(crate) fn run(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, SeqCst);
        // The thread says that it is asleep before it looks at `running` for the last time, and this
        // looks the other way round: one of the two sees the other.
        if self.shared.asleep.load(SeqCst) {
            let _guard = self
                .shared
                .stop
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            self.shared.wake.notify_one();
        }
        Running(&self.shared)
    }

    /// How many rules run at this moment.
    pub(crate) fn running(&self) -> usize {
        usize::try_from(self.shared.running.load(Relaxed)).unwrap_or(usize::MAX)
    }

    /// How many ticks a limit is, so that it ends no earlier than it says.
    pub(crate) fn ticks(limit_ms: u32) -> u64 {
        (Duration::from_millis(u64::from(limit_ms)).as_nanos())
            .div_ceil(TICK.as_nanos())
            .try_into()
            .unwrap_or(u64::MAX / 2)
            + 1
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self
            .shared
            .stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it would have ended time limits; it has nothing that can panic.
            let _ = thread.join();
        }
    }
}

/// See [`Ticker::run`].
pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

impl Shared {
    fn run(&self, engine: &EngineWeak) {
        let mut idle = 0;
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stop {
            if idle < IDLE_TICKS {
                (stop, _) = self
                    .wake
                    .wait_timeout(stop, TICK)
                    .unwrap_or_else(PoisonError::into_inner);
            } else {
                self.asleep.store(true, SeqCst);
                while self.running.load(SeqCst) == 0 && !*stop {
                    stop = self.wake.wait(stop).unwrap_or_else(PoisonError::into_inner);
                }
                self.asleep.store(false, SeqCst);
            }
            idle = match self.running.load(SeqCst) {
                0 => idle + 1,
                _ => 0,
            };
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_never_cut_short() {
        assert_eq!(Ticker::ticks(0), 1);
        assert_eq!(Ticker::ticks(1), 2);
        assert_eq!(Ticker::ticks(5), 2);
        assert_eq!(Ticker::ticks(6), 3);
        assert!(Ticker::ticks(u32::MAX) > 800_000_000);
    }

    #[test]
    fn a_sleeping_ticker_wakes_for_the_next_evaluation() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let ticker = Ticker::start(engine.weak()).unwrap();
        while !ticker.shared.asleep.load(SeqCst) {
            thread::sleep(TICK);
        }
        let running = ticker.run();
        while ticker.shared.asleep.load(SeqCst) {
            thread::sleep(TICK);
        }
        drop(running);
    }
}
