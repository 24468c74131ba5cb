//! Where values come from: the file first, then the environment. The one place that reads it.

use std::path::Path;

use toml::{Table, Value};

use super::keys::{KEYS, Key, Kind, nearest};
use super::{Config, ConfigError, Fault};

const PREFIX: &str = "AIKAGI_";
/// Read before there is a file; not a setting.
const FILE_VARIABLE: &str = "AIKAGI_CONFIG";

/// The variables of this process.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    // vars() panics on anybody's variable that is not UTF-8; such ones are not ours.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

pub(super) fn read(file: &Path, variables: Vec<(String, String)>) -> Result<Config, ConfigError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Fault::new(&name, error.to_string(), "name another file with --config, or make this one")
    })?;
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
        Fault::new(&name, error.to_string(), "correct the file")
    })?;
    let mut faults = Vec::new();
    if table.get("secrets").and_then(|secrets| secrets.get("master_key")).is_some() {
        faults.push(Fault::new(
            "secrets.master_key",
            "stands in the configuration file",
            "move it into a file of its own and name that as secrets.master_key_file",
        ));
    }
    for (variable, value) in variables {
        if let Some(rest) = variable.strip_prefix(PREFIX).filter(|_| variable != FILE_VARIABLE) {
            let path = rest.to_lowercase().replace("__", ".");
            match from_variable(&variable, &path, &value) {
                Ok(value) => put(&mut table, &path, value),
                Err(fault) => faults.push(fault),
            }
        }
    }
    faults.extend(unknown(&table));
    if !faults.is_empty() {
        return Err(ConfigError(faults));
    }
    Value::Table(table)
        .try_into()
        .map_err(|error| Fault::new(&name, error.to_string(), "correct the file").into())
}

fn known(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

fn not_known(shown: &str, path: &str) -> Fault {
    let advice = nearest(path).map_or_else(
        || "see docs/config.md for the keys there are".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Fault::new(shown, "no such key", advice)
}

fn from_variable(variable: &str, path: &str, value: &str) -> Result<Value, Fault> {
    let key = known(path).ok_or_else(|| not_known(variable, path))?;
    let wrong = || {
        Fault::new(
            variable,
            format!("is not a {}", key.kind.name()),
            format!("write a {}", key.kind.name()),
        )
    };
    Ok(match key.kind {
        Kind::Text => Value::String(value.to_owned()),
        Kind::Number => Value::Integer(value.parse().map_err(|_| wrong())?),
        Kind::Switch => Value::Boolean(value.parse().map_err(|_| wrong())?),
        Kind::List => Value::Array(
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::String(item.to_owned()))
                .collect(),
        ),
    })
}

fn put(table: &mut Table, path: &str, value: Value) {
    let Some((section, name)) = path.split_once('.') else {
        table.insert(path.to_owned(), value);
        return;
    };
    let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = inner {
        inner.insert(name.to_owned(), value);
    }
}

/// Keys nobody knows, and values of another type than their key's.
fn unknown(table: &Table) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_section = |name: &str| KEYS.iter().any(|key| key.path.starts_with(&format!("{name}.")));
    for (name, value) in table {
        match value {
            Value::Table(inner) if is_section(name) => {
                for (last, value) in inner {
                    faults.extend(leaf_fault(&format!("{name}.{last}"), value));
                }
            }
            value => faults.extend(leaf_fault(name, value)),
        }
    }
    faults
}

fn leaf_fault(path: &str, value: &Value) -> Option<Fault> {
    let Some(key) = known(path) else { return Some(not_known(path, path)) };
    let fits = match key.kind {
        Kind::Text => value.is_str(),
        Kind::Number => value.as_integer().is_some_and(|number| number >= 0),
        Kind::Switch => value.is_bool(),
        Kind::List => value.as_array().is_some_and(|list| list.iter().all(Value::is_str)),
    };
    let kind = key.kind.name();
    (!fits).then(|| Fault::new(path, format!("is not a {kind}"), format!("write a {kind}")))
}
