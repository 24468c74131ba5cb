//! The `openidconnect` crate as a client, from the discovery document alone.
//!
//! Says `browse ADDRESS` when a person is to open an address, and reads where the browser came back.

use std::collections::HashMap;
use std::error::Error;
use std::io::BufRead;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    TokenResponse,
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the program is told, and its way to speak HTTP.
struct Peer {
    client: Client,
    agent: ureq::Agent,
    issuer: String,
}

fn told(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn agent() -> Outcome<ureq::Agent> {
    let authority = std::fs::read(told("CA_FILE")?)?;
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&authority)?]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    Ok(config.into())
}

fn send(agent: &ureq::Agent, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
}

/// A sign-in that has come back.
struct Answer {
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
    nonce: Nonce,
}

impl Peer {
    fn discover() -> Outcome<Self> {
        let (agent, issuer) = (agent()?, told("ISSUER")?);
        let http = |request| send(&agent, request);
        let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone())?, &http)?;
        let (id, secret) = (told("CLIENT_ID")?, told("CLIENT_SECRET")?);
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(id),
            Some(ClientSecret::new(secret)),
        )
        .set_redirect_uri(RedirectUrl::new(told("SITE")? + "/callback")?);
        Ok(Self { client, agent, issuer })
    }

    fn http(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, ureq::Error> {
        |request| send(&self.agent, request)
    }

    fn sign_in(&self) -> Outcome<Answer> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("offline_access".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        println!("browse {url}");
        let back = std::io::stdin().lock().lines().next().ok_or("nobody came back")??;
        let answer: HashMap<String, String> =
            Url::parse(&back)?.query_pairs().into_owned().collect();
        let has = |name: &str| answer.get(name).cloned().unwrap_or_default();
        assert_eq!((has("state"), has("iss")), (state.into_secret(), self.issuer.clone()));
        Ok(Answer { code: AuthorizationCode::new(has("code")), verifier, nonce })
    }

    fn redeem(&self, answer: Answer) -> Outcome<(CoreTokenResponse, Nonce)> {
        let request = self.client.exchange_code(answer.code)?;
        let tokens = request.set_pkce_verifier(answer.verifier).request(&self.http())?;
        Ok((tokens, answer.nonce))
    }

    fn refresh(&self, token: &RefreshToken) -> Outcome<Result<CoreTokenResponse, String>> {
        match self.client.exchange_refresh_token(token)?.request(&self.http()) {
            Ok(tokens) => Ok(Ok(tokens)),
            Err(RequestTokenError::ServerResponse(refused)) => Ok(Err(refused.error().to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// The subject of a verified ID token; a token for another nonce is refused.
    fn verify(&self, tokens: &CoreTokenResponse, nonce: &Nonce) -> Outcome<String> {
        let token = tokens.id_token().ok_or("no ID token")?;
        let verifier = self.client.id_token_verifier();
        let claims = token.claims(&verifier, nonce)?;
        let other = token.claims(&verifier, &Nonce::new("of somebody else".to_owned()));
        assert!(other.is_err(), "a token for another nonce");
        let subject = claims.subject().clone();
        let asked = self.client.user_info(tokens.access_token().clone(), Some(subject.clone()))?;
        let _person: CoreUserInfoClaims = asked.request(&self.http())?;
        Ok(subject.to_string())
    }
}

fn newest(tokens: &CoreTokenResponse) -> Outcome<RefreshToken> {
    Ok(tokens.refresh_token().ok_or("no refresh token")?.clone())
}

fn main() -> Outcome {
    let peer = Peer::discover()?;
    let (tokens, nonce) = peer.redeem(peer.sign_in()?)?;
    let subject = peer.verify(&tokens, &nonce)?;

    let first = newest(&tokens)?;
    let second = newest(&peer.refresh(&first)??)?;
    let third = newest(&peer.refresh(&second)??)?;
    assert_ne!(first.secret(), third.secret(), "each use gives a new one");
    let old = peer.refresh(&first)?.map(drop);
    assert_eq!(old, Err(CoreErrorResponseType::InvalidGrant.to_string()), "an old one");
    let family = peer.refresh(&third)?.map(drop);
    assert_eq!(family, Err("invalid_grant".to_owned()), "and with it the newest");

    let mut wrong = peer.sign_in()?;
    wrong.verifier = PkceCodeChallenge::new_random_sha256().1;
    assert!(peer.redeem(wrong).is_err(), "with the verifier of another sign-in");
    let (tokens, nonce) = peer.redeem(peer.sign_in()?)?;
    assert_eq!(peer.verify(&tokens, &nonce)?, subject, "the same person");

    let own = peer.client.exchange_client_credentials()?;
    let own = own.add_scope(Scope::new("decisions".to_owned())).request(&peer.http())?;
    assert!(own.refresh_token().is_none() && own.id_token().is_none());
    println!("done");
    Ok(())
}
