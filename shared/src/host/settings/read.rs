//! How settings are read: each from one variable, and every fault with its fix.

use std::fmt::{self, Display};

/// Where settings come from.
pub trait Variables {
    /// The value of the variable called `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Variables for Environment {
    #[expect(clippy::disallowed_methods, reason = "this is the place where settings are read")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// A setting: the variable that holds it, and how that is read.
#[derive(Debug)]
pub struct Setting<T> {
    pub(super) name: &'static str,
    /// The value when it is not set; without a default it must be set.
    pub(super) default: Option<&'static str>,
    pub(super) parse: fn(&str) -> Result<T, String>,
}

impl<T> Setting<T> {
    /// The value in `variables`; an empty one counts as not set.
    ///
    /// # Errors
    /// When the value cannot be used, or must be set and is not.
    pub fn read(&self, variables: &impl Variables) -> Result<T, InvalidSettings> {
        let set = variables.get(self.name).filter(|value| !value.is_empty());
        let read = match set.as_deref().or(self.default) {
            Some(value) => (self.parse)(value),
            None => Err("must be set".to_owned()),
        };
        read.map_err(|why| self.invalid(why))
    }

    /// Why a value that could be read cannot be used.
    pub(crate) fn invalid(&self, why: String) -> InvalidSettings {
        InvalidSettings(vec![InvalidSetting { name: self.name, why }])
    }
}

/// A setting that cannot be used, and the fix: `APP_PORT: must be set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    name: &'static str,
    why: String,
}

impl Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// The settings that cannot be used: at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} settings cannot be used", .0.len())]
pub struct InvalidSettings(Vec<InvalidSetting>);

impl InvalidSettings {
    /// Each fault, in the order in which the settings were read.
    pub fn iter(&self) -> impl Iterator<Item = &InvalidSetting> {
        self.0.iter()
    }
}

/// Settings that are read together, so that all their faults are reported at once.
pub trait Together {
    /// The values.
    type Values;

    /// All the values.
    ///
    /// # Errors
    /// All the faults, when there is one.
    fn together(self) -> Result<Self::Values, InvalidSettings>;
}

macro_rules! together {
    ($($value:ident)*) => {
        impl<$($value),*> Together for ($(Result<$value, InvalidSettings>,)*) {
            type Values = ($($value,)*);

            #[expect(non_snake_case, reason = "a value is named after its type")]
            fn together(self) -> Result<Self::Values, InvalidSettings> {
                let ($($value,)*) = self;
                let mut faults = Vec::new();
                $(let $value = $value.map_err(|invalid| faults.extend(invalid.0)).ok();)*
                match ($($value,)*) {
                    ($(Some($value),)*) => Ok(($($value,)*)),
                    _ => Err(InvalidSettings(faults)),
                }
            }
        }
    };
}

together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);
together!(A B C D E F);

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &'static str) -> Result<u8, InvalidSettings> {
        Err(InvalidSettings(vec![InvalidSetting { name, why: "must be set".to_owned() }]))
    }

    #[test]
    fn settings_read_together_report_every_fault() {
        assert_eq!((Ok(1), Ok("a")).together(), Ok((1, "a")));
        let faults = (fault("A"), Ok(1), fault("B")).together().unwrap_err();
        let messages: Vec<_> = faults.iter().map(InvalidSetting::to_string).collect();
        assert_eq!(messages, ["A: must be set", "B: must be set"]);
    }
}
