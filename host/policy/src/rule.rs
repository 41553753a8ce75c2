//! A rule that is ready to judge, and the ways to get one.

use std::sync::Arc;

use bijotel_seal::Digest;

use crate::answer;
use crate::artefact::{self, Form};
use crate::component::Component;
use crate::configuration::Configuration;
use crate::contract::{GivenFact, PolicyRulePre, WitCall};
use crate::counter::{Counter, check_counters};
use crate::engine::Engine;
use crate::error::LoadError;
use crate::failure::RuleFailure;
use crate::inspect;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::pages;
use crate::sandbox::Sandbox;
use crate::snapshot::{self, Snapshot};
use crate::trusted::{self, Trusted};
use crate::verdict::{Description, Evaluation};

/// A rule, configured and ready. Cloning shares it; it can be used by many threads at once.
#[derive(Clone)]
pub struct Rule {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    component: Component,
    configuration: Configuration,
    configuration_digest: Digest,
    description: Description,
    counters: Vec<Counter>,
    preparation: Preparation,
    form: Form,
    pre: PolicyRulePre<Sandbox>,
}

/// A rule that was compiled into this program, with the default configuration `{}` applied.
///
/// `cargo xtask rules` makes both files.
#[derive(Clone, Copy, Debug)]
pub struct ShippedRule {
    /// The component.
    pub component: &'static [u8],
    /// What [`Engine::prepare`] made of it for the configuration `{}`. It is native code and is run
    /// without further checks, as the rest of the program is: it must come from the same build. Empty
    /// for a rule that refuses this configuration because something in it is required.
    pub precompiled: &'static [u8],
}

/// What [`Engine::prepare`] made.
#[derive(Clone, Debug)]
pub struct PreparedRule {
    /// For [`ShippedRule::precompiled`].
    pub bytes: Vec<u8>,
    /// Why the rule cannot be snapshotted, if so; see [`Preparation::snapshot`].
    pub snapshot_problem: Option<String>,
}

/// How a rule got ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preparation {
    /// Where its native code came from.
    pub from: CodeSource,
    /// Whether every evaluation starts from a snapshot of the configured rule. If not, every
    /// evaluation configures it first: the same answers, but as slow as `configure` is. Some toolchains
    /// make components that cannot be snapshotted.
    pub snapshot: bool,
    /// Why there is no snapshot, if that was found out now.
    pub snapshot_problem: Option<String>,
    /// Why the cache could not be written, if that was tried and failed. The rule works all the same.
    pub cache_problem: Option<String>,
}

/// Where a rule's native code came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeSource {
    /// Built into this program.
    Shipped,
    /// Read from the cache.
    Cache,
    /// Compiled now.
    Compiled,
}

impl Engine {
    /// Get a rule ready: check it, configure it, snapshot it and compile it, or find all that in the
    /// cache.
    ///
    /// Compiling takes seconds and one thread; load several rules in several threads.
    ///
    /// # Errors
    ///
    /// When the component is no rule, imports anything, fails, or does not accept the configuration.
    pub fn load(
        &self,
        component: impl Into<Component>,
        configuration: &Configuration,
    ) -> Result<Rule, LoadError> {
        self.load_source(&Source::new(self, component.into(), configuration))
    }

    /// Get a shipped rule ready. With the configuration `{}` nothing is compiled: about a millisecond.
    /// With any other, or where this processor or engine refuses the precompiled code, this is
    /// [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    pub fn load_shipped(
        &self,
        shipped: &ShippedRule,
        configuration: &Configuration,
    ) -> Result<Rule, LoadError> {
        let component = Component::shipped(shipped.component);
        let source = Source::new(self, component, configuration);
        if *configuration == Configuration::default() {
            let artefact = Trusted::embedded(shipped.precompiled);
            if let Ok(rule) = self.rule(&source, &artefact, CodeSource::Shipped) {
                pages::release(shipped.component);
                pages::release(shipped.precompiled);
                return Ok(rule);
            }
        }
        self.load_source(&source)
    }

    /// What a component says about itself, before it is configured. Compiles it: takes a second.
    ///
    /// # Errors
    ///
    /// When the component is no rule, imports anything, or fails.
    pub fn describe(&self, component: &[u8]) -> Result<Description, LoadError> {
        inspect::inspect(component)?;
        let compiled = trusted::compile(&self.inner.runtime, component)
            .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let pre = self.pre(&compiled.trusted())?;
        self.describe_instance(&pre)
    }

    /// Make the bytes that [`ShippedRule::precompiled`] wants.
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    pub fn prepare(
        &self,
        component: &[u8],
        configuration: &Configuration,
    ) -> Result<PreparedRule, LoadError> {
        let source = Source::new(self, component.into(), configuration);
        let (form, code, snapshot_problem) = source.compile(self)?;
        Ok(PreparedRule {
            bytes: artefact::write(&source.key, form, code.trusted().bytes()),
            snapshot_problem,
        })
    }

    /// Whether these bytes are what [`prepare`](Self::prepare) would make now, as far as their header
    /// says. For build tools: the code itself is not looked at.
    pub fn is_current(
        &self,
        component: &[u8],
        configuration: &Configuration,
        prepared: &[u8],
    ) -> bool {
        let source = Source::new(self, component.into(), configuration);
        artefact::is_for(prepared, &source.key)
    }

    /// From the cache, or else compiled.
    fn load_source(&self, source: &Source<'_>) -> Result<Rule, LoadError> {
        if let Some(cache) = &self.inner.cache
            && let Some(file) = cache.read(&source.key)
            && let Some(artefact) = cache.key().authenticate(&file)
            && let Ok(rule) = self.rule(source, &artefact, CodeSource::Cache)
        {
            return Ok(rule);
        }
        self.compile(source)
    }

    fn compile(&self, source: &Source<'_>) -> Result<Rule, LoadError> {
        let (form, code, snapshot_problem) = source.compile(self)?;
        let pre = self.pre(&code.trusted())?;
        if form == Form::Configured {
            self.check_configuration(&pre, source.configuration)?;
        }
        let cache_problem = self.inner.cache.as_ref().and_then(|cache| {
            let bytes = artefact::write(&source.key, form, code.trusted().bytes());
            let written = cache.write(&source.key, bytes);
            written.err().map(|error| error.to_string())
        });
        let preparation = Preparation {
            from: CodeSource::Compiled,
            snapshot: form == Form::Snapshot,
            snapshot_problem,
            cache_problem,
        };
        self.finish(source, form, pre, preparation)
    }

    fn rule(
        &self,
        source: &Source<'_>,
        artefact: &Trusted<'_>,
        from: CodeSource,
    ) -> Result<Rule, LoadError> {
        let (form, code) = artefact::read(artefact, &source.key)
            .ok_or_else(|| LoadError::Compile("prepared from something else".into()))?;
        let pre = self.pre(&code)?;
        let preparation = Preparation {
            from,
            snapshot: form == Form::Snapshot,
            snapshot_problem: None,
            cache_problem: None,
        };
        self.finish(source, form, pre, preparation)
    }

    fn pre(&self, code: &Trusted<'_>) -> Result<PolicyRulePre<Sandbox>, LoadError> {
        let component = code
            .load(&self.inner.runtime)
            .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        snapshot::prepare(&self.inner.linker, &component)
    }

    fn finish(
        &self,
        source: &Source<'_>,
        form: Form,
        pre: PolicyRulePre<Sandbox>,
        preparation: Preparation,
    ) -> Result<Rule, LoadError> {
        let description = self.describe_instance(&pre)?;
        let counters = self.counters(&pre, form, source.configuration)?;
        Ok(Rule {
            inner: Arc::new(Inner {
                engine: self.clone(),
                component: source.component.clone(),
                configuration: source.configuration.clone(),
                configuration_digest: source.configuration.digest(),
                description,
                counters,
                preparation,
                form,
                pre,
            }),
        })
    }

    /// Configure an instance only to see whether the configuration is accepted.
    fn check_configuration(
        &self,
        pre: &PolicyRulePre<Sandbox>,
        configuration: &Configuration,
    ) -> Result<(), LoadError> {
        let failed = |failure| LoadError::Failed {
            function: "configure",
            failure,
        };
        let _slot = self.inner.slots.take();
        let _running = self.inner.ticker.run();
        let mut instance =
            Instance::new(&self.inner.runtime, pre, &Limits::LOADING).map_err(failed)?;
        instance
            .configure(configuration)
            .map_err(failed)?
            .map_err(|problem| LoadError::Configuration { problem })
    }

    fn describe_instance(&self, pre: &PolicyRulePre<Sandbox>) -> Result<Description, LoadError> {
        let failed = |failure| LoadError::Failed {
            function: "describe",
            failure,
        };
        let _slot = self.inner.slots.take();
        let _running = self.inner.ticker.run();
        let mut instance =
            Instance::new(&self.inner.runtime, pre, &Limits::LOADING).map_err(failed)?;
        let description = instance.describe().map_err(failed)?;
        answer::check_description(&description)?;
        Ok(description)
    }

    /// Which counters the configured rule asks for.
    fn counters(
        &self,
        pre: &PolicyRulePre<Sandbox>,
        form: Form,
        configuration: &Configuration,
    ) -> Result<Vec<Counter>, LoadError> {
        let failed = |function| move |failure| LoadError::Failed { function, failure };
        let _slot = self.inner.slots.take();
        let _running = self.inner.ticker.run();
        let mut instance = Instance::new(&self.inner.runtime, pre, &Limits::LOADING)
            .map_err(failed("counters"))?;
        if form == Form::Configured {
            instance
                .configure(configuration)
                .map_err(failed("configure"))?
                .map_err(|problem| LoadError::Configuration { problem })?;
        }
        let counters = instance.counters().map_err(failed("counters"))?;
        check_counters(&counters).map_err(|problem| LoadError::Counters(problem.to_owned()))?;
        Ok(counters)
    }
}

/// What a rule is made from.
struct Source<'a> {
    component: Component,
    configuration: &'a Configuration,
    key: Digest,
}

impl<'a> Source<'a> {
    fn new(engine: &Engine, component: Component, configuration: &'a Configuration) -> Self {
        Self {
            key: artefact::key(
                engine.inner.compatibility,
                &component.digest(),
                configuration,
            ),
            component,
            configuration,
        }
    }

    /// The third value says why there is no snapshot.
    fn compile(
        &self,
        engine: &Engine,
    ) -> Result<(Form, trusted::Compiled, Option<String>), LoadError> {
        inspect::inspect(&self.component)?;
        let compile = |component: &[u8]| {
            trusted::compile(&engine.inner.runtime, component)
                .map_err(|error| LoadError::Compile(format!("{error:#}")))
        };
        match snapshot::take(&self.component, self.configuration)? {
            Snapshot::Taken(snapshot) => Ok((Form::Snapshot, compile(&snapshot)?, None)),
            Snapshot::Impossible(why) => {
                Ok((Form::Configured, compile(&self.component)?, Some(why)))
            }
        }
    }
}

impl Rule {
    /// What the rule says about itself.
    pub fn description(&self) -> &Description {
        &self.inner.description
    }

    /// The counters that it asks for with its configuration.
    pub fn counters(&self) -> &[Counter] {
        &self.inner.counters
    }

    /// The component it was made from.
    pub fn component(&self) -> &Component {
        &self.inner.component
    }

    /// SHA-256 of the component.
    pub fn component_digest(&self) -> Digest {
        self.inner.component.digest()
    }

    /// Its configuration.
    pub fn configuration(&self) -> &Configuration {
        &self.inner.configuration
    }

    /// SHA-256 of its configuration's canonical bytes.
    pub fn configuration_digest(&self) -> Digest {
        self.inner.configuration_digest
    }

    /// How it got ready.
    pub fn preparation(&self) -> &Preparation {
        &self.inner.preparation
    }

    /// The engine that it was loaded in.
    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Ask it about a call, in a fresh instance. The second value is the fuel that took.
    pub(crate) fn judge(
        &self,
        call: &WitCall<'_>,
        facts: &[GivenFact<'_>],
        limits: &Limits,
    ) -> (Result<Evaluation, RuleFailure>, u64) {
        let engine = &self.inner.engine.inner;
        let _slot = engine.slots.take();
        let _running = engine.ticker.run();
        let mut instance = match Instance::new(&engine.runtime, &self.inner.pre, limits) {
            Ok(instance) => instance,
            Err(failure) => return (Err(failure), 0),
        };
        let answer = self.ask(&mut instance, call, facts);
        (answer, instance.fuel())
    }

    fn ask(
        &self,
        instance: &mut Instance,
        call: &WitCall<'_>,
        facts: &[GivenFact<'_>],
    ) -> Result<Evaluation, RuleFailure> {
        if self.inner.form == Form::Configured {
            instance
                .configure(&self.inner.configuration)?
                .map_err(|_| RuleFailure::Refused)?;
        }
        instance
            .evaluate(call, facts)?
            .map_err(|_| RuleFailure::Refused)
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("id", &self.inner.description.id)
            .field("component", &self.inner.component)
            .field("preparation", &self.inner.preparation)
            .finish_non_exhaustive()
    }
}
