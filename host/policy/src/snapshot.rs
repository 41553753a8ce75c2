//! A configured rule as a new component: its memory and globals as `configure` left them.
//!
//! wasmtime-wizer adds functions to the component that read its state, and afterwards writes a
//! component whose initial state is what they returned. In between, the rule runs here in an ordinary
//! store.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use wasmtime::Store;
use wasmtime::component::{Component, Instance, Lift, Linker, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::configuration::Configuration;
use crate::contract::{PolicyRule, PolicyRulePre};
use crate::engine::Engine;
use crate::error::LoadError;
use crate::inspect;
use crate::instance::{failure, limited_store};
use crate::limits::Limits;
use crate::sandbox::Sandbox;
use crate::ticker::Ticker;

/// What became of a rule that was to be configured and snapshotted.
pub(crate) enum Snapshot {
    /// A valid component that starts configured.
    Taken(Vec<u8>),
    /// The component is built in a way that cannot be snapshotted, and why. It must be configured for
    /// every call.
    Impossible(String),
}

/// Configure a rule and take its snapshot.
///
/// # Errors
///
/// When the rule cannot be compiled, fails, or does not accept the configuration.
pub(crate) fn take(component: &[u8], configuration: &Configuration) -> Result<Snapshot, LoadError> {
    let mut wizer = Wizer::new();
    // The rule is configured below, by hand: `configure` takes a string. Its export must stay.
    wizer.init_func("configure").keep_init_func(true);

    // wizer is made for components that one has built oneself. What it does not expect it may answer
    // with a panic, which must not take the host along.
    let instrumented = catch_unwind(AssertUnwindSafe(|| wizer.instrument_component(component)));
    let (context, instrumented) = match instrumented {
        Ok(Ok(instrumented)) => instrumented,
        Ok(Err(error)) => return Ok(Snapshot::Impossible(format!("{error:#}"))),
        Err(_) => return Ok(Snapshot::Impossible("unusual structure".into())),
    };

    let mut state = configure(&instrumented, configuration)?;
    let snapshot = catch_unwind(AssertUnwindSafe(|| {
        now(wizer.snapshot_component(&context, &mut state))
    }));
    if let Some(problem) = state.problem {
        return Ok(Snapshot::Impossible(problem));
    }
    match snapshot {
        Ok(Some(Ok(snapshot))) if inspect::validate(&snapshot).is_ok() => {
            Ok(Snapshot::Taken(snapshot))
        }
        Ok(Some(Err(error))) => Ok(Snapshot::Impossible(format!("{error:#}"))),
        _ => Ok(Snapshot::Impossible("the snapshot is not valid".into())),
    }
}

/// Run `configure` in an instance of its own.
fn configure(component: &[u8], configuration: &Configuration) -> Result<State, LoadError> {
    const LIMITS: &Limits = &Limits::LOADING;
    let engine =
        Engine::for_preparation().map_err(|error| LoadError::Compile(error.to_string()))?;
    let ticker = Ticker::start(engine.weak())
        .map_err(|error| LoadError::Compile(format!("no thread for time limits: {error}")))?;
    let compiled = Component::from_binary(&engine, component)
        .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
    let pre = prepare(&Linker::new(&engine), &compiled)?;

    let failed = |error: &wasmtime::Error| LoadError::Failed {
        function: "configure",
        failure: failure(error, LIMITS),
    };
    let running = ticker.run();
    let mut store = limited_store(&engine, LIMITS).map_err(|error| failed(&error))?;
    let instance = pre
        .instance_pre()
        .instantiate(&mut store)
        .map_err(|error| failed(&error))?;
    let rule = PolicyRule::new(&mut store, &instance).map_err(|error| failed(&error))?;
    rule.bijotel_policy_rule()
        .call_configure(&mut store, configuration.as_str())
        .map_err(|error| failed(&error))?
        .map_err(|problem| LoadError::Configuration { problem })?;
    drop(running);
    // From here on it is the host that reads the rule's memory, all of it.
    store.set_hostcall_fuel(usize::MAX);
    Ok(State {
        store,
        instance,
        problem: None,
        _ticker: Arc::new(ticker),
    })
}

/// Check a compiled component against the types of the contract.
pub(crate) fn prepare(
    linker: &Linker<Sandbox>,
    component: &Component,
) -> Result<PolicyRulePre<Sandbox>, LoadError> {
    linker
        .instantiate_pre(component)
        .and_then(PolicyRulePre::new)
        .map_err(|error| LoadError::Contract {
            interface: inspect::CONTRACT,
            problem: format!("{error:#}"),
        })
}

/// Poll a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The configured instance, as wizer asks for its state.
struct State {
    store: Store<Sandbox>,
    instance: Instance,
    /// The first thing that could not be read; wizer has no way to be told.
    problem: Option<String>,
    _ticker: Arc<Ticker>,
}

impl State {
    fn read<R: Lift + 'static, T>(
        &mut self,
        instance: &str,
        function: &str,
        fallback: T,
        value: impl FnOnce(&Store<Sandbox>, R) -> T,
    ) -> T {
        match self.call::<R>(instance, function) {
            Ok(result) => value(&self.store, result),
            Err(error) => {
                self.problem
                    .get_or_insert_with(|| format!("its state cannot be read: {error:#}"));
                fallback
            }
        }
    }

    fn call<R: Lift + 'static>(&mut self, instance: &str, function: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::format_err!("no `{function}` in `{instance}`");
        let (_, exports) = self
            .instance
            .get_export(&mut self.store, None, instance)
            .ok_or_else(missing)?;
        let (_, function) = self
            .instance
            .get_export(&mut self.store, Some(&exports), function)
            .ok_or_else(missing)?;
        let function = self
            .instance
            .get_typed_func::<(), (R,)>(&mut self.store, function)?;
        Ok(function.call(&mut self.store, ())?.0)
    }
}

impl ComponentInstanceState for State {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let mut contents = Some(contents);
        self.read(instance, func, (), |store, bytes: WasmList<u8>| {
            if let Some(contents) = contents.take() {
                contents(bytes.as_le_slice(store));
            }
        });
        if let Some(contents) = contents {
            contents(&[]);
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.read(instance, func, 0, |_, value: i32| value)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.read(instance, func, 0, |_, value: i64| value)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.read(instance, func, 0, |_, value: f32| value.to_bits())
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.read(instance, func, 0, |_, value: f64| value.to_bits())
    }
}
