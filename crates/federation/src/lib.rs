//! The doors through which services sign viewers in. OpenID Connect now; SAML and SCIM later.
//!
//! Floor 8. A door reads, calls the domain once, words the answer.

pub mod oidc;
