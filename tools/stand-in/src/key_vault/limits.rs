//! The bounds of secrets, and why one outside them is rejected.

use thiserror::Error;

/// The longest value, in bytes, as in Key Vault.
pub const MAX_VALUE_BYTES: usize = 25 * 1024;

/// The most tags of a version, as in Key Vault.
pub(crate) const MAX_TAGS: usize = 15;

/// The longest name or value of a tag, in characters, as in Key Vault.
pub(crate) const MAX_TAG_CHARS: usize = 256;

/// The longest content type, in characters, as in Key Vault.
pub(crate) const MAX_CONTENT_TYPE_CHARS: usize = 255;

/// The most secrets; one more is rejected with 429.
pub const MAX_SECRETS: usize = 1000;

/// The most versions of a secret; one more is rejected with 429.
pub const MAX_VERSIONS: usize = 1000;

/// Why a secret is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum SetError {
    #[error("the value has more than {MAX_VALUE_BYTES} bytes")]
    Value,
    #[error("contentType has more than {MAX_CONTENT_TYPE_CHARS} characters")]
    ContentType,
    #[error(
        "there are at most {MAX_TAGS} tags, with names and values of at most {MAX_TAG_CHARS} \
         characters"
    )]
    Tags,
    #[error("exp and nbf are seconds since 1970-01-01T00:00:00Z, up to the year 9999")]
    Time,
    #[error("exp must be after nbf")]
    Validity,
    #[error(
        "the simulator stores at most {MAX_SECRETS} secrets with {MAX_VERSIONS} versions each; \
         restart it"
    )]
    Full,
}
