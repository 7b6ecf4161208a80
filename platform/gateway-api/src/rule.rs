//! Rules in the Common Expression Language, as `x-kubernetes-validations` of a schema.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cel::extractors::This;
use cel::{Context, DeclarationError, ExecutionError, Program, Value};
use serde::Deserialize;

use crate::duration;

/// A condition on a value that its schema has no keyword for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    /// The expression; `self` is the value.
    pub(crate) rule: String,
    /// What to tell the author of a document that breaks it.
    message: Option<String>,
    #[serde(skip)]
    compiled: OnceLock<Result<Program, String>>,
}

/// Asks rules about values. Makes what all of them share once.
pub(crate) struct Judge {
    /// The standard functions, and those that the API server has besides and rules here use.
    shared: Result<Context<'static, 'static>, String>,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self { shared: functions().map_err(|error| error.to_string()) }
    }

    /// Asks a rule about a value, with its defaults filled in.
    ///
    /// # Errors
    ///
    /// What is wrong with the value, or why the rule could not be asked; either way the document is not taken.
    pub(crate) fn ask(&self, rule: &Rule, value: &Value) -> Result<(), String> {
        if rule.is_about_a_change() {
            return Ok(());
        }
        let shared = self.shared.as_ref().map_err(|error| rule.not_asked(error))?;
        let mut context = shared.new_inner_scope();
        context.add_variable_from_value("self", value.clone());
        match rule.program()?.execute(&context) {
            Ok(Value::Bool(true)) => Ok(()),
            Ok(Value::Bool(false)) => Err(rule.broken()),
            Ok(other) => Err(rule.not_asked(&format!("it comes to a {}", other.type_of()))),
            // Mostly a field that the rule takes for granted.
            Err(error) => Err(format!("{} ({error})", rule.broken())),
        }
    }
}

impl Rule {
    fn program(&self) -> Result<&Program, String> {
        let compiled = self.compiled.get_or_init(|| Program::compile(&self.rule).map_err(|e| e.to_string()));
        compiled.as_ref().map_err(|error| self.not_asked(error))
    }

    /// A file is a document as it is, with none before it: a rule that compares with one has nothing to say.
    fn is_about_a_change(&self) -> bool {
        self.rule.contains("oldSelf")
    }

    fn broken(&self) -> String {
        match &self.message {
            Some(message) => format!("breaks a rule: {message}"),
            None => format!("breaks the rule {}", self.rule),
        }
    }

    fn not_asked(&self, reason: &str) -> String {
        format!("cannot be judged by the rule {}: {reason}", self.rule)
    }
}

fn functions() -> Result<Context<'static, 'static>, DeclarationError> {
    let mut context = Context::default();
    let duration = |text: Arc<String>| match duration::parse(&text) {
        Some(duration) => Ok(milliseconds(duration)),
        None => Err(ExecutionError::function_error("duration", format!("{text} is not a duration"))),
    };
    let split = |This(text): This<Arc<String>>, separator: Arc<String>| {
        let parts = text.split(separator.as_str()).map(|part| Value::String(Arc::new(part.to_owned())));
        Value::List(Arc::new(parts.collect()))
    };
    let is_address = |text: Arc<String>| text.parse::<IpAddr>().is_ok();
    context.add_function("duration", duration)?;
    context.add_function("isIP", is_address)?;
    context.add_function("split", split)?;
    Ok(context)
}

/// Durations are compared and nothing else is done with them, so a number stands for one.
fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
