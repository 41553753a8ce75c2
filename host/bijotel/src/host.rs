//! The host: rules in front, the chain behind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use bijotel_policy::{Call, Decision, Engine, RuleSet, Stage};
use bijotel_seal::canonical::{Value, read_sealed};
use bijotel_seal::event::Event;
use bijotel_seal::{ChainKey, Draft, Span};
use bijotel_store::{
    Artefact, ChainReader, OpenOptions, Reservation, Reserved, Seal, Sealed, SqliteStore, Store,
};

use crate::call_of_span::call_of_body;
use crate::counters;
use crate::error::HostError;
use crate::rules::{RulesConfig, rule_engine};
use crate::seal_decision::{Subject, decision_draft};

/// How a host is opened.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The chain's SQLite file.
    pub database: PathBuf,
    /// The chain's secret.
    pub key: ChainKey,
    /// The rules.
    pub rules: RulesConfig,
    /// A folder for rules that were compiled, so that the next start is quick. Its files are
    /// authenticated with a key derived from the chain's secret before they are run.
    pub cache: Option<PathBuf>,
    /// Whether a missing database is made.
    pub create: bool,
}

impl HostOptions {
    /// Options that make a missing database and keep no compiled rules.
    pub fn new(database: &Path, key: ChainKey, rules: RulesConfig) -> Self {
        Self {
            database: database.to_owned(),
            key,
            rules,
            cache: None,
            create: true,
        }
    }
}

/// An open chain with its rules. Cheap to clone, and used by many threads at once.
///
/// All methods block: until the rules have answered, and until what is sealed is on the disk.
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: SqliteStore,
    pub(crate) engine: Engine,
    /// Exchanged as a whole by [`Host::reload`]; held only as long as it takes to copy the handle.
    pub(crate) rules: RwLock<RuleSet>,
    /// Held while new rules are loaded.
    pub(crate) reloading: Mutex<()>,
    key: ChainKey,
}

/// What the admission stage decided about a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// What the rules decided.
    pub decision: Decision,
    /// What is reserved for the call, if it may pass and the rules charge anything.
    pub reservation: Option<Reservation>,
}

/// What became of a span.
#[derive(Debug, Clone, PartialEq)]
pub enum SealOutcome {
    /// It is sealed now.
    Sealed {
        /// Where.
        sealed: Sealed,
        /// What the rules of the record stage said, if any was asked.
        decision: Option<Box<Decision>>,
    },
    /// It was sealed before, with the same ids and the same body.
    AlreadySealed(Sealed),
    /// It cannot be sealed; the reason is for whoever sent it.
    Refused(String),
}

impl Host {
    /// Opens the chain, gets the rules ready, and keeps their components and configurations in the
    /// CAS, so that every decision can be replayed.
    pub fn open(options: HostOptions) -> Result<Self, HostError> {
        let HostOptions {
            database,
            key,
            rules,
            cache,
            create,
        } = options;
        let engine = rule_engine(cache.as_deref().map(|folder| (folder, &key)))?;
        let rules = rules.load(&engine)?;
        let store = SqliteStore::open(OpenOptions {
            path: database,
            key: key.clone(),
            create,
        })?;
        keep_artefacts(&store, &rules)?;
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                engine,
                rules: RwLock::new(rules),
                reloading: Mutex::new(()),
                key,
            }),
        })
    }

    /// Asks the rules and seals what they decided. An error means that nothing was sealed: treat it
    /// as a deny.
    ///
    /// What the rules charge at admission stays counted; [`admit`](Self::admit) lets it be settled.
    pub fn evaluate(&self, call: &Call) -> Result<Decision, HostError> {
        match call.stage {
            Stage::Admission => Ok(self.admit(call)?.decision),
            _ => self.evaluate_settling(call, None),
        }
    }

    /// Asks the rules of the admission stage, seals what they decided, and reserves what the call may
    /// use of the rules' counters. A call for which a counter has no room is denied.
    ///
    /// [`settle`](Self::settle) the reservation when the call is finished, or [`refund`](Self::refund) it
    /// if the call is not made. One that is left stays counted as used.
    pub fn admit(&self, call: &Call) -> Result<Admission, HostError> {
        let Shared { store, key, .. } = &*self.shared;
        let rules = &self.rules();
        let told = counters::told(store, rules, call, None)?;
        let mut decision = rules.evaluate(&told);
        let seal = |decision: &Decision| {
            let draft = decision_draft(decision, &Subject::Call(call, key), now_ns())?;
            Ok::<_, HostError>(Seal::entry(draft))
        };
        let claims = counters::claims(rules, &told, &decision);
        if decision.verdict.passes() && !claims.is_empty() {
            match store.reserve(claims, seal(&decision)?)? {
                Reserved::Granted(reservation, _) => {
                    return Ok(Admission {
                        decision,
                        reservation: Some(reservation),
                    });
                }
                Reserved::Short(shortage) => decision.refuse(counters::refusal(shortage)),
            }
        }
        store.seal(vec![seal(&decision)?])?;
        Ok(Admission {
            decision,
            reservation: None,
        })
    }

    /// Asks the rules of the record stage about a finished call, seals what they decided, and counts
    /// what the call really used in place of what was reserved for it.
    pub fn settle(&self, reservation: Reservation, call: &Call) -> Result<Decision, HostError> {
        self.evaluate_settling(call, Some(reservation))
    }

    /// Gives back what was reserved for a call that was not made.
    pub fn refund(&self, reservation: Reservation) -> Result<(), HostError> {
        Ok(self.shared.store.refund(reservation)?)
    }

    /// Asks the rules and seals, reserves and counts nothing.
    pub fn dry_run(&self, call: &Call) -> Result<Decision, HostError> {
        let rules = self.rules();
        let told = counters::told(&self.shared.store, &rules, call, None)?;
        Ok(rules.evaluate(&told))
    }

    /// Seals spans, each with what the rules of the record stage say about it. One outcome for each
    /// span, in their order; a span that was sealed before is acknowledged and not sealed again.
    pub fn seal(&self, spans: Vec<Span>) -> Result<Vec<SealOutcome>, HostError> {
        let mut outcomes = Vec::with_capacity(spans.len());
        let mut seals = Vec::with_capacity(spans.len());
        for span in spans {
            match self.judge_span(&span) {
                Ok((seal, decision)) => {
                    seals.push(seal);
                    outcomes.push(Ok(decision));
                }
                Err(HostError::Draft(refused)) => outcomes.push(Err(refused.to_string())),
                Err(error) => return Err(error),
            }
        }
        let mut sealed = self.shared.store.seal(seals)?.into_iter();
        Ok(outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Err(reason) => SealOutcome::Refused(reason),
                Ok(decision) => match sealed.next() {
                    Some(sealed) if sealed.already => SealOutcome::AlreadySealed(sealed),
                    Some(sealed) => SealOutcome::Sealed {
                        sealed,
                        decision: decision.map(Box::new),
                    },
                    None => SealOutcome::Refused("the store gave no answer for it".to_owned()),
                },
            })
            .collect())
    }

    /// Seals an event, whatever is in it.
    pub fn append(&self, event: &Event) -> Result<Sealed, HostError> {
        let sealed = self.append_all(std::slice::from_ref(event))?;
        sealed
            .into_iter()
            .next()
            .ok_or_else(|| HostError::Decision("no answer".to_owned()))
    }

    /// Seals events in their order, all or none.
    pub fn append_all(&self, events: &[Event]) -> Result<Vec<Sealed>, HostError> {
        let drafts: Result<Vec<Seal>, _> = events
            .iter()
            .map(|event| Draft::of_event(event).map(Seal::entry))
            .collect();
        Ok(self.shared.store.seal(drafts?)?)
    }

    /// Seals events that may come again: one with the same ids, and the same body, is acknowledged
    /// and not sealed again.
    pub fn append_once(&self, events: &[Event]) -> Result<Vec<Sealed>, HostError> {
        let once = |draft| Seal {
            once: true,
            ..Seal::entry(draft)
        };
        let drafts: Result<Vec<Seal>, _> = events
            .iter()
            .map(|event| Draft::of_event(event).map(once))
            .collect();
        Ok(self.shared.store.seal(drafts?)?)
    }

    /// The chain's file.
    pub fn database(&self) -> &Path {
        self.shared.store.path()
    }

    /// A reader of the chain.
    pub fn reader(&self) -> Result<ChainReader, HostError> {
        Ok(ChainReader::open(self.database())?)
    }

    fn evaluate_settling(
        &self,
        call: &Call,
        settles: Option<Reservation>,
    ) -> Result<Decision, HostError> {
        let Shared { store, key, .. } = &*self.shared;
        let rules = &self.rules();
        let told = counters::told(store, rules, call, settles.as_ref())?;
        let decision = rules.evaluate(&told);
        let draft = decision_draft(&decision, &Subject::Call(call, key), now_ns())?;
        store.seal(vec![Seal {
            used: counters::claims(rules, &told, &decision),
            settles,
            ..Seal::entry(draft)
        }])?;
        Ok(decision)
    }

    fn judge_span(&self, span: &Span) -> Result<(Seal, Option<Decision>), HostError> {
        let mut entry = Draft::of_span(span)?;
        let store = &self.shared.store;
        let rules = &self.rules();
        let call = call_of_draft(&entry);
        let told = counters::told(store, rules, &call, None)?;
        let decision = rules.evaluate(&told);
        let used = counters::claims(rules, &told, &decision);
        if decision.outcomes.is_empty() {
            // No rule is asked at this stage: there is nothing to say.
            return Ok((
                Seal {
                    once: true,
                    ..Seal::entry(entry)
                },
                None,
            ));
        }
        let draft = decision_draft(&decision, &Subject::Entry(&entry), entry.timestamp_ns)?;
        entry.decision = Some(draft.canonical_hash);
        entry.rule_set = Some(decision.rule_set);
        Ok((
            Seal {
                decision: Some(draft),
                once: true,
                used,
                ..Seal::entry(entry)
            },
            Some(decision),
        ))
    }
}

/// What the rules of the record stage see of a span. A body that cannot be read as JSON again gives a
/// call without content: the rules still see that there is a call.
fn call_of_draft(entry: &Draft) -> Call {
    let text = std::str::from_utf8(&entry.canonical_body).ok();
    let body = text
        .and_then(|text| read_sealed(text).ok())
        .unwrap_or(Value::Null);
    call_of_body(&body, Stage::Record)
}

/// Keeps what a later replay of these rules' decisions needs.
pub(crate) fn keep_artefacts(store: &SqliteStore, rules: &RuleSet) -> Result<(), HostError> {
    let artefacts = rules.artefacts().map(|(digest, bytes)| Artefact {
        digest,
        bytes: bytes.to_vec(),
    });
    Ok(store.keep(artefacts.collect())?)
}

pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
