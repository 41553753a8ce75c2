//! Work that is done once for all who wait.
//!
//! Whoever comes while nobody works does the work of all who have come by then; who comes meanwhile
//! waits for the next turn. One caller alone needs no other thread and no switch to it.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Jobs `J` that a worker `W` does many at a time, each with an answer `A`.
pub(crate) struct Turns<J, A, W> {
    worker: Mutex<W>,
    queue: Mutex<Queue<J, A>>,
    /// How much one turn takes at most, and what one job counts.
    most: usize,
    weigh: fn(&J) -> usize,
}

struct Queue<J, A> {
    waiting: VecDeque<(J, SyncSender<Message<A>>)>,
    /// Whether somebody works, or was told to.
    busy: bool,
}

enum Message<A> {
    Done(A),
    YourTurn,
}

impl<J, A, W> Turns<J, A, W> {
    /// Turns of a worker that takes jobs of at most `most` together, but always one.
    pub(crate) fn new(worker: W, most: usize, weigh: fn(&J) -> usize) -> Self {
        let queue = Queue {
            waiting: VecDeque::new(),
            busy: false,
        };
        Self {
            worker: Mutex::new(worker),
            queue: Mutex::new(queue),
            most,
            weigh,
        }
    }

    /// Has a job done, by this thread or another; `work` answers all its jobs in their order. `None`
    /// if a worker has panicked: nothing is done from then on.
    pub(crate) fn take(&self, job: J, work: impl Fn(&mut W, &[J]) -> Vec<A>) -> Option<A> {
        // One message at a time: a turn, then the answer.
        let (sender, inbox) = sync_channel(1);
        let mut queue = self.queue();
        queue.waiting.push_back((job, sender));
        if std::mem::replace(&mut queue.busy, true) {
            drop(queue);
            if let Message::Done(answer) = inbox.recv().ok()? {
                return Some(answer);
            }
        } else {
            drop(queue);
        }
        let turn = Turn { turns: self };
        let (jobs, senders) = self.next_jobs();
        let answers = work(&mut *self.worker.lock().ok()?, &jobs);
        // The next one works while this one answers.
        turn.pass_on();
        for (sender, answer) in senders.into_iter().zip(answers) {
            // Who no longer waits needs no answer.
            let _ = sender.send(Message::Done(answer));
        }
        match inbox.try_recv().ok()? {
            Message::Done(answer) => Some(answer),
            Message::YourTurn => None,
        }
    }

    /// The jobs of one turn; the first is that of whoever has the turn.
    fn next_jobs(&self) -> (Vec<J>, Vec<SyncSender<Message<A>>>) {
        let mut queue = self.queue();
        let mut weight = 0;
        let mut taken = (Vec::new(), Vec::new());
        while let Some((job, _)) = queue.waiting.front() {
            weight += (self.weigh)(job);
            if weight > self.most && !taken.0.is_empty() {
                break;
            }
            taken.extend(queue.waiting.pop_front());
        }
        taken
    }

    /// The queue is never left half changed, so it is whole even after a panic elsewhere.
    fn queue(&self) -> MutexGuard<'_, Queue<J, A>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to work. Dropped without being passed on when the worker panics.
struct Turn<'t, J, A, W> {
    turns: &'t Turns<J, A, W>,
}

impl<J, A, W> Turn<'_, J, A, W> {
    fn pass_on(self) {
        let mut queue = self.turns.queue();
        while let Some((_, sender)) = queue.waiting.front() {
            if sender.try_send(Message::YourTurn).is_ok() {
                break;
            }
            // Who does not wait any more cannot work; nor does its job matter to anybody.
            queue.waiting.pop_front();
        }
        queue.busy = !queue.waiting.is_empty();
        drop(queue);
        std::mem::forget(self);
    }
}

impl<J, A, W> Drop for Turn<'_, J, A, W> {
    fn drop(&mut self) {
        let mut queue = self.turns.queue();
        queue.busy = false;
        // Everybody's inbox closes, which tells them.
        queue.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn turns(most: usize) -> Turns<u64, u64, Vec<u64>> {
        Turns::new(Vec::new(), most, |_| 1)
    }

    fn double(done: &mut Vec<u64>, jobs: &[u64]) -> Vec<u64> {
        done.extend(jobs);
        jobs.iter().map(|job| job * 2).collect()
    }

    #[test]
    fn every_job_is_done_once_and_answered_to_whoever_gave_it() {
        let turns = turns(10);
        thread::scope(|scope| {
            for caller in 0..32 {
                let turns = &turns;
                scope.spawn(move || {
                    for n in 0..500 {
                        let job = caller * 1000 + n;
                        assert_eq!(turns.take(job, double), Some(job * 2));
                    }
                });
            }
        });
        let mut done = turns.worker.into_inner().unwrap();
        done.sort_unstable();
        let all: Vec<u64> = (0..32)
            .flat_map(|c| (0..500).map(move |n| c * 1000 + n))
            .collect();
        assert_eq!(done, all);
    }

    #[test]
    fn jobs_that_come_meanwhile_are_done_together_within_the_limit() {
        let turns = turns(4);
        let largest = AtomicUsize::new(0);
        let slow = |done: &mut Vec<u64>, jobs: &[u64]| {
            thread::sleep(Duration::from_millis(5));
            largest.fetch_max(jobs.len(), Ordering::Relaxed);
            double(done, jobs)
        };
        thread::scope(|scope| {
            for job in 0..40 {
                let (turns, slow) = (&turns, &slow);
                scope.spawn(move || turns.take(job, slow));
            }
        });
        assert_eq!(largest.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn a_panic_ends_all_waiting_and_nobody_hangs() {
        let turns = turns(1000);
        let failing = |_: &mut Vec<u64>, jobs: &[u64]| -> Vec<u64> {
            thread::sleep(Duration::from_millis(20));
            assert!(jobs.is_empty(), "the worker fails");
            Vec::new()
        };
        thread::scope(|scope| {
            let first = scope.spawn(|| turns.take(1, failing));
            thread::sleep(Duration::from_millis(5));
            let second = scope.spawn(|| turns.take(2, failing));
            assert!(first.join().is_err());
            assert_eq!(second.join().ok().flatten(), None);
        });
        assert_eq!(
            turns.take(3, double),
            None,
            "the worker is not trusted any more"
        );
    }
}
