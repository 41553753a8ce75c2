//! The engine: wasmtime, set up so that a rule's answer depends on nothing but its input.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::thread;

use serde::Serialize;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::cache::RuleCache;
use crate::error::EngineError;
use crate::metrics::{Registry, RuleMetrics};
use crate::sandbox::Sandbox;
use crate::slots::Slots;
use crate::ticker::Ticker;
use crate::workers::Workers;

/// The version of wasmtime and of its snapshotter. A test holds it against the lock file.
pub(crate) const WASMTIME: &str = "48.0.8";

/// The most linear memory a rule can be allowed, in bytes.
pub const MAX_MEMORY: u64 = 256 << 20;

/// Native stack for a rule's calls, in bytes. A thread that evaluates rules needs this much and the
/// host's own share; the usual 2 MiB are plenty.
const STACK: usize = 512 << 10;

/// What one component may consist of. Rust and JavaScript rules need two or three of each; Python
/// rules link several modules.
const INSTANCES_PER_RULE: u32 = 64;
const TABLES_PER_RULE: u32 = 8;
const MEMORIES_PER_RULE: u32 = 2;

/// What a pool that tracks written pages keeps of an instance, in bytes; see
/// [`EngineOptions::keep_resident`].
const KEEP_RESIDENT: usize = 8 << 20;
const TABLE_KEEP_RESIDENT: usize = 64 << 10;

/// See [`EngineOptions::side_by_side_from`].
const SIDE_BY_SIDE_FROM: u64 = 8 << 10;

/// Table elements a rule may have, over all its tables.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;

/// How an [`Engine`] is set up. Nothing here can change an answer.
#[derive(Debug, Default)]
pub struct EngineOptions {
    /// How many evaluations may run at the same time; more wait for their turn.
    ///
    /// Default (0): four for each processor, at least 16. Each costs 8 GiB of address space, and the
    /// memory that its last rule left resident (at most 8 MiB).
    pub concurrency: u32,
    /// How memory for instances is obtained. Default: the first of [`Allocation`]'s ways that the
    /// system can do; a way named here that it cannot do is an error.
    pub allocation: Option<Allocation>,
    /// How many bytes of an instance's memory a pool keeps resident when the instance is dropped; what
    /// was written beyond is given back to the system.
    ///
    /// Default: 8 MiB with [`Allocation::PooledTracking`], which cleans only the pages that were
    /// written, so that what a rule only reads stays mapped; 0 with [`Allocation::Pooled`], which would
    /// have to clean all of it every time. No meaning for [`Allocation::OnDemand`].
    pub keep_resident: Option<usize>,
    /// From how many bytes of a call ([`Call::size`](crate::Call::size)) on its rules run on several
    /// processors, if some are idle. Below, waking another thread costs more than it gains.
    ///
    /// Default: 8 KiB. `u64::MAX`: never.
    pub side_by_side_from: Option<u64>,
    /// Where prepared rules are kept between runs. Default: nowhere, so that every start compiles
    /// every rule that is not shipped, a few seconds each.
    pub cache: Option<RuleCache>,
}

/// Everything about an engine that can change a rule's answer.
///
/// Its JSON form is part of a rule set's manifest. The instruction set, the memory allocator and the
/// number of instances are not in it: with canonical NaNs and without relaxed SIMD they cannot change
/// an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineIdentity {
    /// The runtime's name.
    pub runtime: &'static str,
    /// Its exact version.
    pub version: &'static str,
    /// What prepares rules.
    pub snapshot: &'static str,
    /// NaN bit patterns are canonical.
    pub canonical_nan: bool,
    /// Relaxed SIMD is refused.
    pub relaxed_simd: bool,
    /// Threads and shared memory are refused.
    pub threads: bool,
    /// Stack for a rule's calls, in bytes.
    pub stack_bytes: usize,
    /// Table elements for a rule.
    pub table_elements: usize,
}

/// What every engine of this build is.
pub(crate) const IDENTITY: EngineIdentity = EngineIdentity {
    runtime: "wasmtime",
    version: WASMTIME,
    snapshot: "wasmtime-wizer",
    canonical_nan: true,
    relaxed_simd: false,
    threads: false,
    stack_bytes: STACK,
    table_elements: MAX_TABLE_ELEMENTS,
};

/// A WebAssembly engine for rules. One for each process is enough; cloning shares it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Runs rules.
    pub(crate) runtime: wasmtime::Engine,
    pub(crate) linker: wasmtime::component::Linker<Sandbox>,
    pub(crate) slots: Slots,
    pub(crate) ticker: Ticker,
    pub(crate) workers: Workers,
    pub(crate) side_by_side_from: u64,
    pub(crate) metrics: Registry,
    pub(crate) cache: Option<RuleCache>,
    pub(crate) allocation: Allocation,
    /// Tells native code that this engine takes from other code.
    pub(crate) compatibility: u64,
}

/// How memory for instances is obtained. Only a matter of speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// A pool whose slots are cleaned by looking up the pages that were written (Linux 6.7 and later).
    /// A fresh instance costs some 10 us.
    PooledTracking,
    /// A pool whose slots are given back to the kernel and mapped anew: some 100 us.
    Pooled,
    /// Memory is mapped for every instance: some 120 us. Where address space is limited.
    OnDemand,
}

impl Engine {
    /// Start an engine.
    ///
    /// # Errors
    ///
    /// When the processor or the operating system cannot run it at all, or no thread can be started.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let concurrency = match options.concurrency {
            0 => default_concurrency(),
            n => n.min(1_000),
        };
        let start = |way| start(way, concurrency, options.keep_resident);
        let (runtime, allocation) = match options.allocation {
            Some(allocation) => (start(allocation)?, allocation),
            None => {
                let pooled = [Allocation::PooledTracking, Allocation::Pooled];
                let started = pooled
                    .into_iter()
                    .find_map(|way| Some((start(way).ok()?, way)));
                match started {
                    Some(started) => started,
                    None => (start(Allocation::OnDemand)?, Allocation::OnDemand),
                }
            }
        };
        let ticker = Ticker::start(runtime.weak())
            .map_err(|error| EngineError(format!("no thread for time limits: {error}")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                linker: wasmtime::component::Linker::new(&runtime),
                slots: Slots::new(concurrency),
                ticker,
                workers: Workers::new(),
                side_by_side_from: options.side_by_side_from.unwrap_or(SIDE_BY_SIDE_FROM),
                metrics: Registry::default(),
                cache: options.cache,
                allocation,
                compatibility: compatibility(&runtime),
                runtime,
            }),
        })
    }

    /// What about this engine can change an answer.
    pub fn identity(&self) -> EngineIdentity {
        IDENTITY
    }

    /// How this engine obtains memory for instances.
    pub fn allocation(&self) -> Allocation {
        self.inner.allocation
    }

    /// What rules in this engine have done so far, ordered by their names in rule sets.
    pub fn metrics(&self) -> Vec<RuleMetrics> {
        self.inner.metrics.read()
    }

    /// An engine that compiles quickly to slow code and shares nothing with this one: for the one run
    /// in which a rule is configured.
    pub(crate) fn for_preparation() -> Result<wasmtime::Engine, EngineError> {
        let mut config = config();
        config.cranelift_opt_level(OptLevel::None);
        wasmtime::Engine::new(&config).map_err(|error| EngineError(format!("{error:#}")))
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("identity", &IDENTITY)
            .field("allocation", &self.inner.allocation)
            .finish_non_exhaustive()
    }
}

/// The settings that every engine here has: they decide what a rule computes and which precompiled
/// code an engine accepts.
fn config() -> Config {
    let mut config = Config::new();
    if cfg!(all(
        target_arch = "x86_64",
        target_os = "linux",
        target_env = "gnu"
    )) {
        // Naming the target turns detection of processor features off: the code is for the baseline
        // instruction set, so that what one machine compiled runs on every other.
        let _ = config.target("x86_64-unknown-linux-gnu");
    }
    config
        // Two different NaNs would be two different answers.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .max_wasm_stack(STACK)
        .consume_fuel(true)
        .epoch_interruption(true)
        // Halves the cost of a call; rules are synchronous.
        .concurrency_support(false)
        // Only backtraces need it, and a trap here has none.
        .generate_address_map(false)
        // Snapshots are mapped, not copied: without it an instance costs 15 times as much.
        .memory_init_cow(true);
    config
}

fn start(
    allocation: Allocation,
    concurrency: u32,
    keep_resident: Option<usize>,
) -> Result<wasmtime::Engine, EngineError> {
    let strategy = strategy(allocation, concurrency, keep_resident)
        .ok_or_else(|| EngineError("this kernel cannot track written pages".into()))?;
    let mut config = config();
    config.allocation_strategy(strategy);
    wasmtime::Engine::new(&config).map_err(|error| EngineError(format!("{error:#}")))
}

/// Equal for engines that take each other's native code. Only a way to see early that code is stale:
/// wasmtime checks again when it is loaded.
fn compatibility(engine: &wasmtime::Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// `None` when the operating system cannot do it.
fn strategy(
    allocation: Allocation,
    concurrency: u32,
    keep_resident: Option<usize>,
) -> Option<InstanceAllocationStrategy> {
    if allocation == Allocation::OnDemand {
        return Some(InstanceAllocationStrategy::OnDemand);
    }
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(concurrency)
        .total_core_instances(concurrency * INSTANCES_PER_RULE)
        .total_memories(concurrency * MEMORIES_PER_RULE)
        .total_tables(concurrency * TABLES_PER_RULE)
        .max_core_instances_per_component(INSTANCES_PER_RULE)
        .max_memories_per_component(MEMORIES_PER_RULE)
        .max_tables_per_component(TABLES_PER_RULE)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(MAX_MEMORY).ok()?);
    let keep_resident = match allocation {
        Allocation::PooledTracking if !PoolingAllocationConfig::is_pagemap_scan_available() => {
            return None;
        }
        Allocation::PooledTracking => {
            pool.pagemap_scan(Enabled::Yes);
            keep_resident.unwrap_or(KEEP_RESIDENT)
        }
        _ => keep_resident.unwrap_or(0),
    };
    pool.linear_memory_keep_resident(keep_resident)
        .table_keep_resident(keep_resident.min(TABLE_KEEP_RESIDENT));
    Some(InstanceAllocationStrategy::Pooling(pool))
}

fn default_concurrency() -> u32 {
    let processors = thread::available_parallelism().map_or(1, |n| n.get());
    u32::try_from(processors * 4)
        .unwrap_or(u32::MAX)
        .clamp(16, 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_code_does_not_depend_on_how_memory_is_obtained() {
        let hashes = [
            Allocation::PooledTracking,
            Allocation::Pooled,
            Allocation::OnDemand,
        ]
        .into_iter()
        .filter_map(|allocation| Some(compatibility(&start(allocation, 16, None).ok()?)))
        .collect::<Vec<_>>();
        assert!(hashes.len() >= 2);
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }

    #[test]
    fn the_engine_version_is_the_one_in_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        for package in ["wasmtime", "wasmtime-wizer"] {
            let entry = format!("name = \"{package}\"\nversion = \"{WASMTIME}\"\n");
            assert!(
                lock.contains(&entry),
                "{package} is not {WASMTIME} in Cargo.lock"
            );
        }
    }
}
