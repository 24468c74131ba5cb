//! `…/signin`: the pages of a sign-in and their forms.
//!
//! Each form changes the sign-in and sends the browser back to `GET …/signin`, which shows the step
//! it is at; only the last leads on to the service. A form counts when it comes from our own page
//! (`Origin`), from the browser that began the sign-in (cookie), and carries the proof of both.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request as AxumRequest};
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, Scope, clock};
use domain::clients::Client;
use domain::operators::Operator;
use domain::signin::{Caller, Moved, SignIn, Step};
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::entry::{BROWSER_COOKIE, SESSION_COOKIE};
use web::place::Place;
use web::{Language, Page, blocking, cookies, current, forms, status_of};

use super::Provider;
use super::answers::{denied, finished, see_other};
use super::authorize::parameter_fault;
use super::consent::Question;
use super::pages::{Frame, of_step};

/// A request within a sign-in, as it came.
pub(super) struct Visit {
    pub(super) provider: Arc<Provider>,
    place: Place,
    query: Vec<u8>,
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<Arc<Provider>> for Visit {
    type Rejection = Response;

    async fn from_request(
        request: AxumRequest,
        provider: &Arc<Provider>,
    ) -> std::result::Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(place) = Place::from_request_parts(&mut parts, provider).await;
        let query = parts.uri.query().unwrap_or_default().as_bytes().to_vec();
        let headers = parts.headers.clone();
        let request = AxumRequest::from_parts(parts, body);
        let body =
            Bytes::from_request(request, provider).await.map_err(IntoResponse::into_response)?;
        Ok(Self { provider: provider.clone(), place, query, headers, body })
    }
}

/// A visit whose sign-in is known.
pub(super) struct Visitor {
    ticket: String,
    browser: String,
    session: Option<String>,
    sign_in: SignIn,
}

impl Visitor {
    /// Whose sign-in it is; `*` until the person has named their operator.
    pub(super) fn operator(&self) -> &str {
        &self.sign_in.operator
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller {
            ticket: &self.ticket,
            browser: &self.browser,
            session: self.session.as_deref(),
            now: clock::now(),
        }
    }
}

impl Visit {
    /// The issuer of the address.
    fn issuer(&self) -> Result<Issuer> {
        self.provider.issuer(&self.place)
    }

    /// The sign-in of this visit.
    pub(super) fn visitor(&self) -> Result<Visitor> {
        let query = Parameters::parse(&self.query).map_err(|fault| parameter_fault(&fault))?;
        let unknown = || Error::not_found("signin.unknown", "");
        let ticket = query.get("ticket").ok_or_else(unknown)?.to_owned();
        let cookies = self.provider.cookies();
        let browser = cookies.read(&self.headers, BROWSER_COOKIE).ok_or_else(unknown)?;
        let session = cookies.read(&self.headers, SESSION_COOKIE);
        let caller =
            Caller { ticket: &ticket, browser: &browser, session: None, now: clock::now() };
        let sign_in = self.provider.journeys.look(&caller)?;
        if !self.place.is_of(&sign_in.operator) {
            return Err(unknown());
        }
        if sign_in.operator != Scope::PLATFORM {
            current::operator_is_there(&sign_in.operator);
        }
        Ok(Visitor { ticket, browser, session, sign_in })
    }

    /// The form of this visit, if it is from our own page in this browser.
    pub(super) fn form(&self, visitor: &Visitor) -> Result<Parameters<'_>> {
        forms::check_origin(&self.headers, &self.provider.base_url)?;
        let form = Parameters::parse(&self.body).map_err(|fault| parameter_fault(&fault))?;
        let proof = form.get("proof").unwrap_or_default();
        let handles = self.provider.signing.handles();
        if handles.is_form_proof(proof, &visitor.browser, &visitor.ticket) {
            return Ok(form);
        }
        Err(Error::Forbidden { code: "form.foreign" })
    }

    fn language(&self, visitor: &Visitor) -> Language {
        let chosen =
            cookies::read(&self.headers, current::LANGUAGE_COOKIE).and_then(Language::of_tag);
        let request = visitor.sign_in.purpose.request();
        let asked = request.and_then(|one| one.language.as_deref()).and_then(Language::of_tag);
        chosen.or(asked).unwrap_or(current::get().language)
    }

    /// The page of the step the sign-in is at, with why the last try did not work.
    fn page(&self, visitor: &Visitor, shown: (Option<&Error>, &str)) -> Result<Page> {
        let provider = &self.provider;
        let client = self.client(visitor)?;
        let request = visitor.sign_in.purpose.request();
        let operator = self.operator(visitor)?;
        let choices = match visitor.sign_in.step {
            Step::ChooseOperator => provider.journeys.operators(clock::now())?,
            _ => Arc::default(),
        };
        let (error, typed) = shown;
        let hint = request.and_then(|one| one.login_hint.as_deref());
        let hint = hint.filter(|_| visitor.sign_in.step == Step::Password);
        let scanned = match &visitor.sign_in.step {
            Step::BoxCode { scanned } => Some(scanned.as_str()),
            _ => hint,
        };
        let typed = if typed.is_empty() { scanned.unwrap_or_default() } else { typed };
        let proof = provider.signing.handles().form_proof(&visitor.browser, &visitor.ticket);
        let question = self.question(visitor)?;
        let frame = Frame {
            language: self.language(visitor),
            question: question.as_ref(),
            address: &self.address(&visitor.sign_in.operator),
            ticket: &visitor.ticket,
            proof: &proof,
            client: client.as_deref(),
            operator: operator.as_deref(),
            choices: &choices,
            error,
            typed,
            passkeys: provider.site(&visitor.sign_in.operator).is_ok(),
            reaches: !provider.reaches.is_empty(),
        };
        of_step(&visitor.sign_in, &frame)
    }

    /// The client the sign-in is for, as it is now; none, when it is for a page of our own.
    fn client(&self, visitor: &Visitor) -> Result<Option<Arc<Client>>> {
        let Some(request) = visitor.sign_in.purpose.request() else { return Ok(None) };
        let unknown = || Error::invalid("authorize.client_unknown", "client_id");
        let found = self.provider.clients.find(&request.issuer, &request.client_id)?;
        Ok(Some(found.ok_or_else(unknown)?.client))
    }

    /// What the person is asked to allow, when that is what is asked.
    fn question(&self, visitor: &Visitor) -> Result<Option<Question>> {
        let request = match (&visitor.sign_in.step, visitor.sign_in.purpose.request()) {
            (Step::Consent { .. }, Some(request)) => request,
            _ => return Ok(None),
        };
        let client = self.client(visitor)?;
        let language = self.language(visitor);
        Ok(client.map(|client| Question::about(language, &client, &request.scope)))
    }

    fn operator(&self, visitor: &Visitor) -> Result<Option<Arc<Operator>>> {
        if visitor.sign_in.operator == Scope::PLATFORM {
            return Ok(None);
        }
        self.provider.operator(&visitor.sign_in.operator).map(Some)
    }

    /// Back to the page of the sign-in.
    fn back(&self, visitor: &Visitor) -> Response {
        self.to_page(&visitor.sign_in.operator, &visitor.ticket)
    }

    fn to_page(&self, operator: &str, ticket: &str) -> Response {
        see_other(&format!("{}?ticket={ticket}", self.address(operator)))
    }

    /// Where the sign-ins of an operator's issuer, or the platform's, are.
    fn address(&self, operator: &str) -> String {
        format!("{}/signin", Issuer::of(&self.provider.base_url, operator).url())
    }

    /// Runs a form that may finish the sign-in; when it does not, shows its page again.
    pub(super) fn try_form(
        &self,
        (name, secret): (&str, &str),
        work: impl FnOnce(&Visitor, (&str, &str)) -> Result<Moved>,
    ) -> Result<Response> {
        let visitor = self.visitor()?;
        let form = self.form(&visitor)?;
        let typed = form.get(name).unwrap_or_default();
        match work(&visitor, (typed, form.get(secret).unwrap_or_default())) {
            Ok(Moved::Finished(finish)) => Ok(finished(&self.provider, &finish)),
            Ok(Moved::GoesOn) => Ok(self.back(&visitor)),
            Err(error) if is_for_page(&error) => {
                Ok(self.page(&visitor, (Some(&error), typed))?.into_response())
            }
            Err(error) => Err(error),
        }
    }
}

/// Errors the person can do something about on the same page; the others end the sign-in.
const fn is_for_page(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid { .. }
            | Error::Unauthenticated { .. }
            | Error::Refused { .. }
            | Error::Conflict { .. }
            | Error::TooMany { .. }
    )
}

/// Runs a visit off the runtime and words its errors as a page.
pub(super) async fn run(
    visit: Visit,
    work: impl FnOnce(&Visit) -> Result<Response> + Send + 'static,
) -> Response {
    let in_its_name = move || {
        work(&visit).inspect_err(|error| {
            // The page that words it is the station's own, whoever's sign-in it was.
            let _known = status_of(error).is_client_error().then(|| visit.issuer());
        })
    };
    blocking(in_its_name).await.unwrap_or_else(|problem| {
        let error = problem.into_error();
        if let Error::Internal { detail } | Error::Unavailable { detail, .. } = &error {
            tracing::error!(detail, "a sign-in failed");
        }
        Page::of_error(current::get().language, &error).into_response()
    })
}

/// `GET …/signin`: the page of the step the sign-in is at.
pub(super) async fn show(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        Ok(visit.page(&visitor, (None, ""))?.into_response())
    })
    .await
}

/// `POST …/signin/operator`: the person names their operator.
pub(super) async fn operator(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        let form = visit.form(&visitor)?;
        let chosen = form.get("operator").unwrap_or_default();
        let ticket = visit.provider.journeys.choose_operator(&visitor.caller(), chosen)?;
        Ok(visit.to_page(chosen, &ticket))
    })
    .await
}

/// `POST …/signin/password`: login id and password.
pub(super) async fn password(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("username", "password"), |visitor, typed| {
            visit.provider.journeys.try_password(&visitor.caller(), typed)
        })
    })
    .await
}

/// `POST …/signin/letter`: contract number and the code of the letter.
pub(super) async fn letter(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("contract_number", "registration_code"), |visitor, typed| {
            visit.provider.journeys.try_letter(&visitor.caller(), typed)
        })
    })
    .await
}

/// `POST …/signin/account`: the login id and password the person chose.
pub(super) async fn account(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("username", "password"), |visitor, typed| {
            visit.provider.journeys.register(&visitor.caller(), typed)
        })
    })
    .await
}

/// `POST …/signin/no-password`: the person chooses none, or goes on here who is signed in at another screen.
pub(super) async fn no_password(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", ""), |visitor, _| {
            visit.provider.journeys.register_without_password(&visitor.caller())
        })
    })
    .await
}

/// `POST …/signin/forgotten`: the login id of who forgot the password, and who is asked. The answer is the same whoever
/// has it. Where nothing is sent from here, it is the owner.
pub(super) async fn forgotten(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("username", "ask"), |visitor, (name, whom)| match whom {
            "television" => visit.provider.journeys.ask_television(&visitor.caller(), name),
            whom if whom == "owner" || visit.provider.reaches.is_empty() => {
                visit.provider.journeys.ask_owner(&visitor.caller(), name)
            }
            _ => visit.provider.journeys.ask_recovery(&visitor.caller(), name),
        })
    })
    .await
}

/// `POST …/signin/approved`: whether the owner of the household has approved by now.
pub(super) async fn approved(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", ""), |visitor, _| {
            visit.provider.journeys.try_approval(&visitor.caller())
        })
    })
    .await
}

/// `POST …/signin/television`: the code a box at home shows, and a PIN. Neither is shown again.
pub(super) async fn television(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("code", "pin"), |visitor, typed| {
            visit.provider.journeys.try_television(&visitor.caller(), typed)
        })
    })
    .await
}

/// `POST …/signin/box`: the code a box at home shows, and the owner's birth date.
pub(super) async fn box_code(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("box_code", "birth_on"), |visitor, typed| {
            visit.provider.journeys.try_box_code(&visitor.caller(), typed)
        })
    })
    .await
}

/// `POST …/signin/recovery`: the code that was sent. It is never shown again.
pub(super) async fn recovery(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", "code"), |visitor, (_, code)| {
            visit.provider.journeys.try_recovery(&visitor.caller(), code)
        })
    })
    .await
}

/// `POST …/signin/renewal`: the new password, and the authenticator's code of who has one.
pub(super) async fn renewal(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("code", "password"), |visitor, (code, password)| {
            visit.provider.journeys.recover(&visitor.caller(), (password, code))
        })
    })
    .await
}

/// `POST …/signin/second`: a code of the authenticator, or a recovery code. It is never shown again.
pub(super) async fn second(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", "code"), |visitor, (_, code)| {
            visit.provider.journeys.try_second(&visitor.caller(), code)
        })
    })
    .await
}

/// `POST …/signin/consent`: the person allows the service what the page showed, or does not.
pub(super) async fn consent(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        let form = visit.form(&visitor)?;
        let caller = visitor.caller();
        if form.get("decision") != Some("allow") {
            let request = visit.provider.journeys.disagree(&caller)?;
            return Ok(denied(&visit.provider, &request));
        }
        let question = visit.question(&visitor)?;
        let agreed = match &question {
            Some(question) => question.agreed(&form),
            None => Err(Error::Conflict { code: "signin.step_changed" }),
        };
        match agreed.and_then(|shown| visit.provider.journeys.agree(&caller, &shown)) {
            Ok(Moved::Finished(finish)) => Ok(finished(&visit.provider, &finish)),
            Ok(Moved::GoesOn) => Ok(visit.back(&visitor)),
            Err(error) if is_for_page(&error) => {
                Ok(visit.page(&visitor, (Some(&error), ""))?.into_response())
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// `POST …/signin/stay`: the person goes on as who is signed in already.
pub(super) async fn stay(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        visit.form(&visitor)?;
        match visit.provider.journeys.stay(&visitor.caller())? {
            Moved::Finished(finish) => Ok(finished(&visit.provider, &finish)),
            Moved::GoesOn => Ok(visit.back(&visitor)),
        }
    })
    .await
}

/// `POST …/signin/go`: to the letter, to the code of a box, to a forgotten password, or back to the password.
pub(super) async fn go(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        let form = visit.form(&visitor)?;
        let step = match form.get("step") {
            Some("letter") => Step::Letter,
            Some("box") => Step::BoxCode { scanned: String::new() },
            Some("recover") => Step::Recover,
            _ => Step::Password,
        };
        visit.provider.journeys.go_to(&visitor.caller(), &step)?;
        Ok(visit.back(&visitor))
    })
    .await
}

/// `POST …/signin/language`: the person chose a language.
pub(super) async fn language(visit: Visit) -> Response {
    run(visit, |visit| {
        let visitor = visit.visitor()?;
        let form = visit.form(&visitor)?;
        let chosen = form.get("language").and_then(Language::of_tag).unwrap_or_default();
        let mut response = visit.back(&visitor);
        if let Some(cookie) = current::language_cookie(chosen) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    })
    .await
}
