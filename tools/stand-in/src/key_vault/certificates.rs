//! The certificates: an authority, and the vault's certificate issued by it, generated at each start.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use thiserror::Error;

/// The host names of the vault.
const NAMES: [&str; 3] = ["*.vault.azure.net", "localhost", "127.0.0.1"];

/// Why there are no certificates.
#[derive(Debug, Error)]
pub(crate) enum CertificateError {
    /// The keys or certificates cannot be generated.
    #[error("cannot make a certificate")]
    Make(#[source] rcgen::Error),
    /// TLS rejects them.
    #[error("cannot use a certificate")]
    Use(#[source] rustls::Error),
}

impl From<rcgen::Error> for CertificateError {
    fn from(error: rcgen::Error) -> Self {
        Self::Make(error)
    }
}

impl From<rustls::Error> for CertificateError {
    fn from(error: rustls::Error) -> Self {
        Self::Use(error)
    }
}

/// The TLS configuration of the vault, and the authority for its callers to trust.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority's certificate, as PEM.
    pub(crate) authority: String,
    pub(crate) config: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority, which signs one certificate; its key is then dropped.
    ///
    /// # Errors
    ///
    /// The certificates cannot be generated or used.
    pub(crate) fn make() -> Result<Self, CertificateError> {
        let key = KeyPair::generate()?;
        let authority_params = authority_params();
        let authority = authority_params.self_signed(&key)?;
        let issuer = Issuer::new(authority_params, key);
        let leaf_key = KeyPair::generate()?;
        let leaf = leaf_params()?.signed_by(&leaf_key, &issuer)?;
        let leaf_key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], leaf_key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { authority: authority.pem(), config: Arc::new(config) })
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Key Vault simulator authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    params.distinguished_name.push(DnType::CommonName, "Key Vault simulator");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}
