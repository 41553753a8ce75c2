//! Work on a long stream of batches on all cores, in order and in constant memory.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many batches wait at each worker's door.
const WAITING: usize = 2;

/// The most workers: beyond this, reading is what limits.
const MAX_WORKERS: usize = 8;

/// Where a producer puts its batches. Says whether more are wanted.
pub struct Sink<I> {
    workers: Vec<SyncSender<I>>,
    next: usize,
}

impl<I> Sink<I> {
    /// Hands a batch to the next worker; false once nobody wants more.
    pub fn put(&mut self, batch: I) -> bool {
        let wanted = self.workers[self.next].send(batch).is_ok();
        self.next = (self.next + 1) % self.workers.len();
        wanted
    }
}

/// Runs `produce` on this thread, `work` on as many as there are cores, and `consume` on one more,
/// which gets the results in the order of production and may end the run by returning an error.
///
/// An error of `consume` wins over one of `produce`: it concerns what was produced earlier.
pub fn run<I, O, T, E>(
    produce: impl FnOnce(&mut Sink<I>) -> Result<(), E>,
    work: impl Fn(I) -> O + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = O>) -> Result<T, E> + Send,
) -> Result<T, E>
where
    I: Send,
    O: Send,
    T: Send,
    E: Send,
{
    let cores = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_WORKERS);
    let mut sink = Sink {
        workers: Vec::with_capacity(cores),
        next: 0,
    };
    let mut doors: Vec<(Receiver<I>, SyncSender<O>)> = Vec::with_capacity(cores);
    let mut results: Vec<Receiver<O>> = Vec::with_capacity(cores);
    for _ in 0..cores {
        let (put, take) = sync_channel(WAITING);
        let (done, result) = sync_channel(WAITING);
        sink.workers.push(put);
        doors.push((take, done));
        results.push(result);
    }
    thread::scope(|scope| {
        for (take, done) in doors {
            let work = &work;
            scope.spawn(move || {
                while let Ok(batch) = take.recv()
                    && done.send(work(batch)).is_ok()
                {}
            });
        }
        let consumer = scope.spawn(move || {
            // Batches went round the workers, so taking round them restores the order.
            let mut round = 0;
            let mut in_order = std::iter::from_fn(move || {
                let result = results[round].recv().ok();
                round = (round + 1) % results.len();
                result
            });
            consume(&mut in_order)
        });
        let produced = produce(&mut sink);
        drop(sink);
        let consumed = match consumer.join() {
            Ok(consumed) => consumed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let value = consumed?;
        produced.map(|()| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_production() {
        let total: Result<Vec<u64>, ()> = run(
            |sink| {
                for n in 0..10_000 {
                    sink.put(n);
                }
                Ok(())
            },
            |n: u64| n * 2,
            |results| Ok(results.collect()),
        );
        assert_eq!(
            total.unwrap(),
            (0..10_000).map(|n| n * 2).collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_error_of_the_consumer_ends_production() {
        let result: Result<(), u64> = run(
            |sink| {
                let mut n = 0;
                while sink.put(n) {
                    n += 1;
                }
                Ok(())
            },
            |n: u64| n,
            |mut results| match (&mut results).find(|n| *n == 100) {
                Some(n) => Err(n),
                None => Ok(()),
            },
        );
        assert_eq!(result, Err(100));
    }
}
