//! Threads that help to judge large calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// More than this many threads for one call gain nothing: a call has a handful of rules.
const MOST: usize = 7;

type Job = Box<dyn FnOnce() + Send>;

/// One thread for every processor but the caller's own. They are started for the first job, and end when
/// this is dropped and the jobs are done.
pub(crate) struct Workers {
    count: usize,
    jobs: OnceLock<Sender<Job>>,
}

impl Workers {
    pub(crate) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, |n| n.get());
        Self {
            count: (processors - 1).min(MOST),
            jobs: OnceLock::new(),
        }
    }

    /// How many threads there are, or will be once there is a job.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Have a job done by one of the threads. It is dropped undone if none could be started.
    pub(crate) fn run(&self, job: Job) {
        let jobs = self.jobs.get_or_init(|| start(self.count));
        // An error means that there are no threads; whoever gave the job sees that it was dropped.
        let _ = jobs.send(job);
    }
}

fn start(count: usize) -> Sender<Job> {
    let (jobs, waiting) = mpsc::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    for number in 0..count {
        let waiting = Arc::clone(&waiting);
        // One that cannot be started is one fewer.
        let _ = thread::Builder::new()
            .name(format!("bijotel-rules-{number}"))
            .spawn(move || work(&waiting));
    }
    jobs
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match job {
            // The thread outlives a job that panics; what the job held is dropped, which tells.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(count: usize) -> Workers {
        Workers {
            count,
            jobs: OnceLock::new(),
        }
    }

    #[test]
    fn a_job_that_panics_takes_no_thread_along() {
        let workers = workers(1);
        let (done, all) = mpsc::channel();
        for number in 0..3 {
            let done = done.clone();
            workers.run(Box::new(move || {
                assert_ne!(number, 1, "the second job panics");
                done.send(number).unwrap();
            }));
        }
        drop(done);
        assert_eq!(all.iter().collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn without_threads_a_job_is_dropped() {
        let (done, all) = mpsc::channel::<()>();
        workers(0).run(Box::new(move || done.send(()).unwrap()));
        assert_eq!(all.iter().count(), 0);
    }
}
