//! What is wrong with a configuration, each with what to do about it.

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key, or the file.
    pub key: String,
    /// What is wrong with it.
    pub says: String,
    /// What to do.
    pub advice: String,
}

impl Fault {
    /// `key` is wrong in the way `says`; `advice` puts it right.
    pub fn new(key: &str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { key: key.to_owned(), says: says.into(), advice: advice.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} — {}", self.key, self.says, self.advice)
    }
}

/// Everything that is wrong, at once: nobody wants to find faults one start at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Fault>);

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            write!(f, "{gap}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
